/** How many calls a key may still make in its minute. */
export interface Rate {
  /** Counts one call; answers undefined, or how long to wait in milliseconds. */
  take(key: string, now: Date): number | undefined;
}

/**
 * A fixed window of one minute per key, on the runtime's clock. Partner Center documents 500 a minute per tenant
 * identifier; throttling is counted per partner tenant, or per partner and customer.
 */
export function ratePerMinute(limit: number): Rate {
  const windows = new Map<string, { readonly start: number; used: number }>();
  return {
    take(key, now) {
      const start = Math.floor(now.getTime() / 60_000) * 60_000;
      let window = windows.get(key);
      if (window === undefined || window.start !== start) {
        window = { start, used: 0 };
        windows.set(key, window);
      }
      window.used += 1;
      return window.used > limit ? start + 60_000 - now.getTime() : undefined;
    },
  };
}
