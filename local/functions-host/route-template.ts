import { constraintOf } from './route-constraint.ts';

/**
 * ASP.NET Core route templates, which Azure Functions uses for HTTP triggers: `{id}`, `{id:int}`, `{id?}`, `{id=5}`,
 * `{*rest}`, `{name}.{extension}`; compared without regard to case.
 * https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
 */
export interface RouteTemplate {
  readonly template: string;
  /** One digit a segment, smaller wins: literal 1, constrained or mixed 2, parameter 3, catch-all 4 or 5. */
  readonly precedence: string;
  /** Values by parameter name, or undefined when the path does not match. `segments` are decoded. */
  match(segments: readonly string[]): Record<string, string> | undefined;
}

interface Parameter {
  readonly name: string;
  readonly catchAll: boolean;
  readonly optional: boolean;
  readonly fallback: string | undefined;
  readonly accepts: readonly ((value: string) => boolean)[];
}

interface Segment {
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
  readonly precedence: number;
}

/** Reads a template. Throws an error that quotes it when it is not a valid one. */
export function parseRouteTemplate(template: string): RouteTemplate {
  const segments = splitTemplate(template).map((text) => parseSegment(text, template));
  const names = segments.flatMap((segment) => segment.parameters.map(({ name }) => name.toLowerCase()));
  if (new Set(names).size !== names.length) throw new Error(`route "${template}" uses a parameter name twice`);
  for (const [at, segment] of segments.entries()) {
    const last = at === segments.length - 1;
    if (!last && segment.parameters.some(({ catchAll }) => catchAll)) {
      throw new Error(`route "${template}": a catch-all parameter must be the last segment`);
    }
  }
  return {
    template,
    precedence: segments.map(({ precedence }) => precedence).join(''),
    match: (path) => matchSegments(segments, path),
  };
}

/**
 * Order in which templates are tried: ASP.NET Core's inbound precedence, compared digit by digit; of two with an equal
 * start the shorter one first, then the text, so that it does not depend on the order of files.
 */
export function compareRoutes(a: RouteTemplate, b: RouteTemplate): number {
  return a.precedence.localeCompare(b.precedence) || a.template.localeCompare(b.template);
}

/**
 * Segments of a request path, each percent-decoded; `%2F` stays as it is, so that it separates nothing. Returns undefined
 * when the encoding is broken.
 */
export function pathSegments(pathname: string): string[] | undefined {
  const trimmed = pathname.replace(/^\//, '').replace(/\/$/, '');
  if (trimmed === '') return [];
  try {
    return trimmed.split('/').map((segment) =>
      segment
        .split(/(%2f)/i)
        .map((part) => (/^%2f$/i.test(part) ? part : decodeURIComponent(part)))
        .join(''),
    );
  } catch {
    return undefined;
  }
}

/** Splits at `/` outside of braces: a constraint may hold one. */
function splitTemplate(template: string): string[] {
  const text = template.replace(/^~?\//, '').replace(/\/$/, '');
  if (text === '') return [];
  const segments = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth < 0) break;
    if (character === '/' && depth === 0) segments.push('');
    else segments.push(`${segments.pop() ?? ''}${character}`);
  }
  if (depth !== 0 || segments.includes('')) throw new Error(`route "${template}" is not a valid template`);
  return segments;
}

/** Literals and `{…}` parameters of a segment whose braces are balanced. */
function splitParts(segment: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < segment.length; at += 1) {
    const character = segment[at];
    if (character === '{' && depth++ === 0 && at > start) {
      parts.push(segment.slice(start, at));
      start = at;
    }
    if (character === '}' && --depth === 0) {
      parts.push(segment.slice(start, at + 1));
      start = at + 1;
    }
  }
  return start < segment.length ? [...parts, segment.slice(start)] : parts;
}

function parseSegment(text: string, template: string): Segment {
  const parts = splitParts(text);
  const parameters: Parameter[] = [];
  let source = '';
  for (const part of parts) {
    if (!part.startsWith('{')) {
      source += part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      continue;
    }
    const parameter = parseParameter(part.slice(1, -1), template);
    if (parts.length > 1 && parameter.catchAll) throw new Error(`route "${template}": a catch-all stands alone`);
    parameters.push(parameter);
    source += parameter.catchAll ? '(.*)' : parts.length > 1 ? '(.+?)' : '(.+)';
  }
  return { pattern: new RegExp(`^${source}$`, 'is'), parameters, precedence: precedenceOf(parts.length, parameters) };
}

function precedenceOf(partCount: number, parameters: readonly Parameter[]): number {
  const [parameter] = parameters;
  if (parameter === undefined) return 1;
  if (partCount > 1) return 2;
  if (parameter.catchAll) return parameter.accepts.length > 0 ? 4 : 5;
  return parameter.accepts.length > 0 ? 2 : 3;
}

function parseParameter(text: string, template: string): Parameter {
  const match = /^(\*{0,2})([\w-]+)((?::[a-z]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(?:=(.*)|(\?))?$/is.exec(text);
  const name = match?.[2];
  if (match === null || name === undefined)
    throw new Error(`route "${template}": "{${text}}" is not a valid parameter`);
  return {
    name,
    catchAll: match[1] !== '',
    optional: match[5] === '?',
    fallback: match[4],
    accepts: splitConstraints(match[3] ?? '').map((constraint) => checkedConstraint(constraint, template)),
  };
}

function checkedConstraint(text: string, template: string): (value: string) => boolean {
  const accept = constraintOf(text);
  if (accept === undefined) throw new Error(`route "${template}": "${text}" is not a known constraint`);
  return accept;
}

const splitConstraints = (text: string) => text.match(/[^:()]+(?:\((?:[^()]|\([^()]*\))*\))?/g) ?? [];

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const last = segments.at(-1);
  const catchesAll = last?.parameters[0]?.catchAll === true;
  if (!catchesAll && path.length > segments.length) return undefined;
  for (const [at, segment] of segments.entries()) {
    const [parameter] = segment.parameters;
    const text = parameter?.catchAll === true ? path.slice(at).join('/') : path[at];
    if (text === undefined || (text === '' && parameter?.catchAll === true)) {
      if (parameter === undefined || !canBeAbsent(segment, parameter)) return undefined;
      if (parameter.fallback !== undefined) values[parameter.name] = parameter.fallback;
      continue;
    }
    if (!matchSegment(segment, text, values)) return undefined;
  }
  return values;
}

const canBeAbsent = (segment: Segment, parameter: Parameter) =>
  segment.parameters.length === 1 && (parameter.optional || parameter.catchAll || parameter.fallback !== undefined);

function matchSegment(segment: Segment, text: string, values: Record<string, string>): boolean {
  const match = segment.pattern.exec(text);
  if (match === null) return false;
  for (const [at, parameter] of segment.parameters.entries()) {
    const value = match[at + 1] ?? '';
    if (!parameter.accepts.every((accept) => accept(value))) return false;
    values[parameter.name] = value;
  }
  return true;
}
