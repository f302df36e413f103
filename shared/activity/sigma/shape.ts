/** The member names of an object, with an index of them that ignores case. */
export interface Shape {
  readonly keys: readonly string[];
  /** Members whose name, in lower case, is `name`. */
  named(name: string): readonly string[];
}

const none: readonly string[] = [];

/**
 * Recognises objects by their member names. Events of one feed look alike, so that the index which makes names compare
 * without case is built once for a shape and not for each event. Remembers the last `limit` shapes.
 */
export function createShapes(limit: number): (record: Readonly<Record<string, unknown>>) => Shape {
  // The latest is first: events arrive in runs of the same shape.
  const recent: Shape[] = [];
  return (record) => {
    for (let i = 0; i < recent.length; i++) {
      const shape = recent[i];
      if (shape === undefined || !fits(record, shape.keys)) continue;
      if (i > 0) {
        recent.splice(i, 1);
        recent.unshift(shape);
      }
      return shape;
    }
    const shape = createShape(Object.keys(record));
    recent.unshift(shape);
    if (recent.length > limit) recent.pop();
    return shape;
  };
}

function fits(record: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean {
  let i = 0;
  for (const key in record) if (key !== keys[i++]) return false;
  return i === keys.length;
}

function createShape(keys: readonly string[]): Shape {
  const byName = new Map<string, string[]>();
  for (const key of keys) {
    const name = key.toLowerCase();
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [key]);
    else same.push(key);
  }
  return { keys, named: (name) => byName.get(name) ?? none };
}
