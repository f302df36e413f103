import { domainToASCII, domainToUnicode } from 'node:url';
import { getDomain } from 'tldts';

/** Suffixes under which strangers have names, that the Public Suffix List does not hold: every Entra tenant gets one here. */
const sharedSuffixes = ['onmicrosoft.com', 'onmicrosoft.us', 'onmicrosoft.cn', 'partner.onmschina.cn'];

/**
 * Host name of a domain or web address in its one ASCII form (IDNA, UTS 46): `https://www.Contoso.example/` is
 * `www.contoso.example`. Undefined when it is none, or a bare IP address.
 */
export function asciiHost(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '')
    .replace(/:\d{1,5}$/, '')
    .replace(/[.\u3002\uff0e\uff61]$/, '');
  const host = domainToASCII(bare).toLowerCase();
  if (host === '' || host.length > 253 || !host.includes('.')) return undefined;
  const labels = host.split('.');
  if (labels.some((label) => !/^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return undefined;
  return /^[0-9]+$/.test(labels.at(-1) ?? '') ? undefined : host;
}

/**
 * The part of a domain that somebody registered, in ASCII: `fabrikam.example` of `shop.fabrikam.example`, by the Public Suffix
 * List with its private part (`x.github.io` is somebody's own). Undefined when there is none.
 */
export function registrableDomain(text: string): string | undefined {
  const host = asciiHost(text);
  if (host === undefined) return undefined;
  const shared = sharedSuffixes.find((suffix) => host.endsWith(`.${suffix}`));
  if (shared !== undefined)
    return `${host
      .slice(0, -shared.length - 1)
      .split('.')
      .at(-1)}.${shared}`;
  return getDomain(host, { allowPrivateDomains: true }) ?? undefined;
}

/** A domain and every domain above it, the longest first: `a.b.example`, `b.example`, `example`. */
export function* domainAndAbove(domain: string): Generator<string> {
  let rest = domain;
  for (;;) {
    yield rest;
    const dot = rest.indexOf('.');
    if (dot < 0) return;
    rest = rest.slice(dot + 1);
  }
}

/** Signs that look like Latin letters or each other, after UTS 39 (confusables): what an eye reads, not what a machine does. */
const looksLike: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    a: 'аɑαàáâãäåāăąǎạảấầẩẫậ',
    b: 'Ььḅ',
    c: 'сϲçćĉċč',
    d: 'ԁďđḍ',
    e: 'еёèéêëēĕėęěẹẻẽếềểễệєε',
    f: 'ƒ',
    g: 'ɡğĝġģԍ',
    h: 'һĥħḥ',
    i: 'іїìíîïĩīĭįıǐịỉιl1|ӏł',
    j: 'јĵ',
    k: 'κкķ',
    m: 'мṃ',
    n: 'ոñńņňηп',
    o: '0оοσòóôõöøōŏőǒọỏốồổỗộơօ',
    p: 'рρṗ',
    q: 'ԛ',
    r: 'гŕŗř',
    s: 'ѕśŝşšṣ',
    t: 'тτţťŧ',
    u: 'υùúûüũūŭůűųưụủս',
    v: 'ѵν',
    w: 'ѡωԝŵẁẃ',
    x: 'хχ',
    y: 'уγýÿŷỳỵỷỹ',
    z: 'źżžẓ',
  }).flatMap(([letter, signs]) => [...signs].map((sign) => [sign, letter])),
);

/**
 * What a registrable domain looks like to an eye: two names with the same look are taken for each other (`c0ntoso`,
 * `соntoso` with Cyrillic letters and `contoso`; `rn` for `m`). The suffix counts as it is. For comparing only.
 */
export function lookOf(domain: string): string {
  const [name = '', ...suffix] = domainToUnicode(domain).split('.');
  const read = [...name.normalize('NFC')].map((sign) => looksLike[sign] ?? sign).join('');
  return [read.replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll('-', ''), ...suffix].join('.');
}

const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];

/** True when one label mixes letters of scripts that look alike, which no honest name needs (UTS 39, section 5.1). */
export function mixesScripts(domain: string): boolean {
  return domainToUnicode(domain)
    .split('.')
    .some((label) => scripts.filter((script) => script.test(label)).length > 1);
}
