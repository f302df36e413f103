import { asciiHost } from './domain-name.ts';

/** Mailboxes of one provider under several names. */
const sameProvider: Readonly<Record<string, string>> = {
  'googlemail.com': 'gmail.com',
  'me.com': 'icloud.com',
  'mac.com': 'icloud.com',
  'pm.me': 'proton.me',
  'protonmail.com': 'proton.me',
};

/** Providers that deliver `name+tag` to `name`, by their own pages. Elsewhere a plus may be part of a name, and stays. */
const dropsTags = new Set([
  ...['gmail.com', 'outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
  ...['icloud.com', 'proton.me', 'fastmail.com'],
]);

/** Providers that ignore dots (Google: "dots don't matter in Gmail addresses"). */
const ignoresDots = new Set(['gmail.com']);

/** Large providers of mailboxes that anybody gets: known without any list. */
const largeProviders = new Set([
  ...dropsTags,
  ...['yahoo.com', 'ymail.com', 'aol.com', 'gmx.com', 'gmx.net', 'gmx.de', 'web.de', 'mail.ru', 'yandex.ru'],
  ...['qq.com', '163.com', 'zoho.com', 'mail.com', 'hey.com', 'tuta.com'],
]);

/** An e-mail address in its normal form. */
export interface EmailAddress {
  /** For comparing only, never for writing to: tags and dots are gone where the provider ignores them. */
  readonly normal: string;
  /** ASCII, lower case, as it was told. */
  readonly domain: string;
  /** Of a provider that everybody knows. */
  readonly isLargeProvider: boolean;
}

/** Reads an e-mail address. Undefined when it is none. */
export function readEmail(text: string): EmailAddress | undefined {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  const told = trimmed.slice(0, Math.max(0, at)).normalize('NFKC').toLowerCase();
  const domain = asciiHost(trimmed.slice(at + 1));
  if (told === '' || /[\s\p{Cc}]/u.test(told) || domain === undefined) return undefined;
  const provider = sameProvider[domain] ?? domain;
  const untagged = dropsTags.has(provider) ? told.replace(/(?<=.)\+.*$/s, '') : told;
  const local = ignoresDots.has(provider) ? untagged.replaceAll('.', '') : untagged;
  return {
    normal: `${local === '' ? told : local}@${provider}`,
    domain,
    isLargeProvider: largeProviders.has(provider),
  };
}
