/**
 * Parses JSON and leaves every number as the text it stood as, so that no digit of an amount is lost: `1.10` stays `1.10`.
 * Throws `SyntaxError` on bad JSON.
 */
export function parseWithNumberText(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );
}
