/** What a list says of whoever stands on it. */
export const listKinds = [
  'disposable-domains',
  'disposable-wildcards',
  'free-domains',
  'data-centre-addresses',
  'vpn-addresses',
  'tor-exits',
  'bad-networks',
  'network-ranges',
  'public-numbers',
] as const;
export type ListKind = (typeof listKinds)[number];

/** Words for people, by kind. */
export const listTitles: Readonly<Record<ListKind, string>> = {
  'disposable-domains': 'disposable e-mail domains',
  'disposable-wildcards': 'disposable e-mail domains with everything below them',
  'free-domains': 'free e-mail providers',
  'data-centre-addresses': 'addresses of data centres',
  'vpn-addresses': 'addresses of VPN providers',
  'tor-exits': 'Tor exit nodes',
  'bad-networks': 'autonomous systems with a bad name',
  'network-ranges': 'address ranges by autonomous system',
  'public-numbers': 'phone numbers of public receive-SMS sites',
};

/** By name, the first that fits: the lists' own names, as they are published. */
const byName: readonly (readonly [RegExp, ListKind])[] = [
  [/(disposable|receive|public|temporary).*(phone|number|sms)/, 'public-numbers'],
  [/(disposable|throwaway|temporary).*wildcards?/, 'disposable-wildcards'],
  [/disposable|throwaway|temporary|burner/, 'disposable-domains'],
  [/free.?mail|free.*(email|domain|provider)|^free\./, 'free-domains'],
  [/data.?cent(er|re)s?/, 'data-centre-addresses'],
  [/(^|[\W_])vpns?([\W_]|$)/, 'vpn-addresses'],
  [/(^|[\W_])tor([\W_]|$)/, 'tor-exits'],
  [/ip.?(to|2).?asn/, 'network-ranges'],
  [/(^|[\W_])asns?([\W_]|$)/, 'bad-networks'],
];

const endings = /\.(txt|conf|csv|json|tsv|lst|list|netset|ipset)$/;
/** Names that say nothing without the folder that they stand in: `vpn/ipv4.txt`. */
const needsFolder = /^(ipv[46]|index|list|domains?|wildcards?|all)\./;
/** What stands beside a list and is the opposite of it, or none. */
const isNone = /(^|[\W_])(allow|white)[\W_]?list|^(package|package-lock|manifest)\.json$/;

/** Kind of the list in a file, by its name, or by its folder where the name says nothing; undefined when it is none that is known. */
export function kindOfFile(path: string): ListKind | undefined {
  const [folder = '', file = ''] = ['', ...path.toLowerCase().split('/')].slice(-2);
  if (!endings.test(file) || isNone.test(file)) return undefined;
  const named = (name: string): ListKind | undefined => byName.find(([pattern]) => pattern.test(name))?.[1];
  return named(file) ?? (needsFolder.test(file) ? named(`${folder}/${file}`) : undefined);
}
