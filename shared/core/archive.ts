/**
 * Append-only storage: a folder on one machine, an immutable blob container elsewhere. What was put under a name stays as it
 * was put first.
 */
export interface Archive {
  /** Keeps `content` under `name` (with `/`, made of `a-z A-Z 0-9 . _ : -`). Putting a name again changes nothing. */
  put(name: string, content: string): Promise<void>;
}
