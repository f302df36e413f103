import type { TextTest } from './expression.ts';

/** Searches all strings of one event for keywords. */
export interface KeywordSearch {
  /** The event from now on; `source` is the JSON text it was parsed from, when there is one. */
  take(event: unknown, source: string | undefined): void;
  some(test: TextTest): boolean;
}

/** Between strings that are searched as one; keywords with it are searched string by string. */
const separator = '\u0000';
/** Plain enough to stand in JSON text as it is, unless the text uses the escapes that `escapes` finds. */
const plain = /^[ !#-[\]-~]+$/;
/**
 * In these cases JSON text, or ignoring case in a regular expression, differs from the strings in lower case: escapes of
 * ordinary characters, and the two letters whose lower case is ASCII.
 */
const escapes = String.raw`\\u|\\/|[\u0130\u212A]`;

/**
 * Prepares the search for these keywords. Most events have none of them: one regular expression over all plain keywords
 * tells so, from the event's source without looking into the event at all.
 */
export function createKeywordSearch(keywords: readonly TextTest[]): KeywordSearch {
  const texts = new Set<string>();
  for (const { contains } of keywords) if (contains !== undefined && plain.test(contains)) texts.add(contains);
  const alternatives = [...texts].map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const anyPlain = new RegExp([...alternatives, escapes].join('|'), 'i');

  let event: unknown;
  let source: string | undefined;
  let possible: boolean | undefined;
  let strings: readonly string[] | undefined;
  let joined: string | undefined;

  const allStrings = (): readonly string[] => {
    if (strings === undefined) {
      const found: string[] = [];
      gather(event, found);
      strings = found;
    }
    return strings;
  };
  const joinedLower = (): string => {
    joined ??= allStrings().join(separator).toLowerCase();
    return joined;
  };

  return {
    take(next, text) {
      event = next;
      source = text;
      possible = undefined;
      strings = undefined;
      joined = undefined;
    },
    some(test) {
      const { contains } = test;
      if (contains !== undefined && texts.has(contains)) {
        possible ??= anyPlain.test(source ?? allStrings().join(separator));
        return possible && joinedLower().includes(contains);
      }
      if (contains !== undefined && !contains.includes(separator)) return joinedLower().includes(contains);
      return allStrings().some((text) => test.matches(test.cased ? text : text.toLowerCase()));
    },
  };
}

function gather(node: unknown, strings: string[]): void {
  if (typeof node === 'string') strings.push(node);
  else if (Array.isArray(node)) for (const item of node) gather(item, strings);
  else if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) gather(child, strings);
}
