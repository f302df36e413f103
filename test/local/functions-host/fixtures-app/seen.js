/** What the functions of this app saw, told over HTTP. */
export const seen = [];

/** Gates that handlers wait at until a request opens them. */
const gates = new Map();
export function gate(name) {
  if (!gates.has(name)) gates.set(name, Promise.withResolvers());
  return gates.get(name);
}
