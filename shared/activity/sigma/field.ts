/** A field that a Sigma rule names, ready for lookups. */
export interface FieldPath {
  /** In lower case: names compare without case. */
  readonly name: string;
  /** The name split at dots. */
  readonly segments: readonly string[];
  /** Where to look when the event has no such field. */
  readonly fallback?: FieldPath;
}

/** Finds the members of `record` whose name is `name` (lower case) when case is ignored. */
export type MemberLookup = (record: Readonly<Record<string, unknown>>, name: string) => readonly string[];

/**
 * Reads a rule's field name. `properties.message` falls back to `operationName`: the community's rules name the one,
 * the REST and Event Hub forms carry the other.
 */
export function fieldPath(name: string): FieldPath {
  const lower = name.toLowerCase();
  const path = { name: lower, segments: lower.split('.') };
  return lower === 'properties.message' ? { ...path, fallback: fieldPath('operationName') } : path;
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lookup without any memory: every member name is compared. */
export const membersNamed: MemberLookup = (record, name) =>
  Object.keys(record).filter((key) => key.toLowerCase() === name);

/**
 * Every value that the event has under the field: lists are traversed, `{ value, localizedValue }` is unwrapped, names
 * compare without case. Empty when the field is missing; a null that is there is kept as null. A name with dots is
 * looked for as a path and, at the top, as one literal name.
 */
export function fieldValues(event: unknown, path: FieldPath, members: MemberLookup = membersNamed): readonly unknown[] {
  const found: unknown[] = [];
  collect(event, path.segments, 0, members, found);
  if (path.segments.length > 1 && isRecord(event)) {
    for (const key of members(event, path.name)) collect(event[key], [], 0, members, found);
  }
  if (found.length === 0 && path.fallback !== undefined) return fieldValues(event, path.fallback, members);
  return found;
}

/** `{ value, localizedValue }`, as the REST form writes its enumerations, becomes `value`; everything else stays. */
export function unwrapLocalized(value: unknown): unknown {
  if (!isRecord(value)) return value;
  let inner: unknown;
  let hasValue = false;
  for (const key in value) {
    const lower = key === 'value' || key === 'localizedValue' ? key : key.toLowerCase();
    if (lower === 'value') {
      inner = value[key];
      hasValue = true;
    } else if (lower !== 'localizedValue' && lower !== 'localizedvalue') return value;
  }
  return hasValue ? inner : value;
}

function collect(
  node: unknown,
  segments: readonly string[],
  depth: number,
  members: MemberLookup,
  found: unknown[],
): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, segments, depth, members, found);
    return;
  }
  const segment = segments[depth];
  if (segment === undefined) {
    const value = unwrapLocalized(node);
    if (Array.isArray(value)) collect(value, segments, depth, members, found);
    else if (value !== undefined) found.push(value);
    return;
  }
  if (!isRecord(node)) return;
  for (const key of members(node, segment)) collect(node[key], segments, depth + 1, members, found);
}
