/** A folder that things of others (rules, lists) are installed into, with a manifest of what they are and whose. */
export interface InstalledFolder {
  /** As a person named it: for what is told about it. */
  readonly path: string;
  /** Text of a file in it, or undefined. */
  read(file: string): Promise<string | undefined>;
  has(file: string): Promise<boolean>;
  /** Writes a file that is never seen half written. */
  write(file: string, content: string | Uint8Array): Promise<void>;
  /**
   * Copies the files named by `isLicense` of the folder `from`, or of the nearest of `levels` folders above it that has some,
   * and answers their names.
   */
  copyLicenses(from: string, isLicense: RegExp, levels: number): Promise<readonly string[]>;
}
