import type { ActivityEvent } from './event.ts';
import { parseJson } from './event-forms.ts';
import { type MachineSize, machineSize } from './machine-size.ts';
import { isRecord } from './sigma/field.ts';

/** What the request and the response of an operation say, as far as detectors need it. */
export interface BodyFacts {
  readonly sizes: readonly MachineSize[];
  readonly region: string | undefined;
  readonly roleId: string | undefined;
  readonly principalId: string | undefined;
  readonly principalType: string | undefined;
}

/** Bodies are nested at most this deep; deeper is not looked at. */
const deepest = 12;

/**
 * Reads the bodies of an event: `requestbody` and `responseBody` inside its properties, JSON text, in some phases of an
 * operation and not in others. A text that is cut off is searched as text.
 */
export function bodyFacts(event: ActivityEvent): BodyFacts {
  const found = new Map<string, string[]>();
  for (const [name, value] of Object.entries(event.properties)) {
    if (!/^(request|response)body$/i.test(name)) continue;
    const body = typeof value === 'string' ? (parseJson(value) ?? looseMembers(value)) : value;
    gather(body, found, 0);
  }
  const first = (name: string) => found.get(name)?.[0];
  const names = [...(found.get('vmsize') ?? []), ...(found.get('name') ?? [])];
  const sizes = new Map(names.flatMap((name) => sized(machineSize(name))));
  return {
    sizes: [...sizes.values()],
    region: first('location')?.toLowerCase().replace(/\s/g, ''),
    roleId: first('roledefinitionid')?.split('/').at(-1)?.toLowerCase(),
    principalId: first('principalid')?.toLowerCase(),
    principalType: first('principaltype')?.toLowerCase(),
  };
}

const sized = (size: MachineSize | undefined): readonly (readonly [string, MachineSize])[] =>
  size === undefined ? [] : [[size.name.toLowerCase(), size]];

const wanted: ReadonlySet<string> = new Set([
  'vmsize',
  // A scale set's size is its sku's name; other names are no sizes.
  'name',
  'location',
  'roledefinitionid',
  'principalid',
  'principaltype',
]);

function gather(node: unknown, found: Map<string, string[]>, depth: number): void {
  if (depth > deepest) return;
  if (Array.isArray(node)) for (const item of node) gather(item, found, depth + 1);
  if (!isRecord(node)) return;
  for (const [name, value] of Object.entries(node)) {
    const lower = name.toLowerCase();
    if (typeof value !== 'string') gather(value, found, depth + 1);
    else if (wanted.has(lower)) found.set(lower, [...(found.get(lower) ?? []), value]);
  }
}

/** The members that a JSON text shows before it is cut off. */
function looseMembers(text: string): Readonly<Record<string, string>>[] {
  return [...text.matchAll(/"(\w+)"\s*:\s*"([^"\\]*)"/g)].map(([, name = '', value = '']) => ({ [name]: value }));
}
