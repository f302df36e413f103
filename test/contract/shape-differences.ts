/**
 * How an answer differs from a documented example: member names and JSON types, to any depth. An element of a list is
 * compared with the documented element that is most like it. `open` names paths below which nothing is compared; a documented
 * null says nothing of the type.
 */
export function shapeDifferences(documented: unknown, answer: unknown, open: readonly string[], path = ''): string[] {
  if (documented === null) return [];
  const [wanted, got] = [typeOf(documented), typeOf(answer)];
  if (wanted !== got) return [`${path}: ${wanted} became ${got}`];
  if (open.includes(path)) return [];
  if (Array.isArray(documented) && Array.isArray(answer)) {
    if (documented.length === 0) return [];
    return answer.flatMap((element) => {
      const against = documented.map((each) => shapeDifferences(each, element, open, `${path}[]`));
      return against.toSorted((a, b) => a.length - b.length)[0] ?? [];
    });
  }
  if (!isObject(documented) || !isObject(answer)) return [];
  const missing = Object.keys(documented).flatMap((name) =>
    name in answer
      ? shapeDifferences(documented[name], answer[name], open, `${path}.${name}`)
      : [`${path}.${name}: missing`],
  );
  const added = Object.keys(answer).filter((name) => !(name in documented));
  return [...missing, ...added.map((name) => `${path}.${name}: not documented`)];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
