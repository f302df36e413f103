import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readList } from '../../../shared/onboarding/lists/list-entries.ts';
import { kindOfFile } from '../../../shared/onboarding/lists/list-kind.ts';
import { findLists } from '../../../shared/onboarding/lists/read-lists.ts';
import { conflictsOf, packLists } from '../../../shared/onboarding/lists/sign-up-lists.ts';
import { folderOf, someLists } from './some-lists.ts';

test.for([
  ['disposable_email_blocklist.conf', 'disposable-domains'],
  ['disposable-email-domains/index.json', 'disposable-domains'],
  ['disposable-email-domains/wildcard.json', 'disposable-wildcards'],
  ['disposable_wildcards.json', 'disposable-wildcards'],
  ['free_email_domains.txt', 'free-domains'],
  ['data/free.txt', 'free-domains'],
  ['output/vpn/ipv4.txt', 'vpn-addresses'],
  ['output/datacenter/ipv4.txt', 'data-centre-addresses'],
  ['tor-exit-nodes.lst', 'tor-exits'],
  ['bad-asn-list.csv', 'bad-networks'],
  ['ip2asn-combined.tsv', 'network-ranges'],
  ['disposable_phone_numbers.csv', 'public-numbers'],
  ['disposable-email-domains/allowlist.conf', undefined],
  ['disposable-email-domains/package.json', undefined],
  ['disposable-email-domains/README.md', undefined],
  ['history.txt', undefined],
  ['vpn/notes.txt', undefined],
] as const)('%s is a list of %s', ([file, kind]) => expect(kindOfFile(file)).toBe(kind));

test.for([
  ['free-domains', 'ok.example\nnodot\na b.example\n', [2, 3]],
  ['free-domains', '["ok.example", 7, "bad"]', [2, 3]],
  ['free-domains', '["ok.example"', [1]],
  ['vpn-addresses', '10.0.0.0/8 # office\n10.0.0.0/40\n300.1.1.1', [2, 3]],
  ['bad-networks', 'ASN,Entity\n64496,x\nnone,y\n99999999999,z', [3, 4]],
  [
    'network-ranges',
    '10.0.0.9\t10.0.0.1\t5\n10.0.0.1\t::1\t5\n10.0.0.0\t10.0.0.1\tx\n10.0.0.0\t10.0.0.1\t5',
    [1, 2, 3],
  ],
  [
    'public-numbers',
    'number,last_seen\n+46700000001,2026-10-01\n+4,2026-10-01\n+46700000002,yesterday\n+٤٦٧٠٠٠٠٠٠٠١,',
    [3, 4, 5],
  ],
] as const)('of a list of %s the broken lines are refused with their number: %j', ([kind, text, lines]) => {
  const { refused, entries } = readList(kind, text, 'file.txt');
  expect(refused.map(({ line }) => line)).toEqual(lines);
  expect(entries.length).toBe(
    kind === 'free-domains' && text.startsWith('["ok.example"') && !text.endsWith(']') ? 0 : 1,
  );
  for (const { reason } of refused) expect(reason.length).toBeLessThan(200);
});

const packed = async () => {
  const { lists } = await findLists(folderOf(someLists));
  return {
    lists: packLists(
      lists.map((list) => ({ ...list, date: '2026-11-20' })),
      [],
    ),
    loaded: lists,
  };
};

test('lists tell what a domain, an address and a number are', async () => {
  const { lists } = await packed();
  const domains = ['mailbin.example', 'a.b.wild.example', 'freemail.example', 'fabrikam.example', 'never.example'];
  expect(domains.map(lists.emailDomain)).toEqual(['disposable', 'disposable', 'free', 'other', 'other']);
  const addresses = ['198.51.100.1', '198.51.100.200', '203.0.113.66', '2001:db8::66', '192.0.2.5', '192.0.2.200'];
  expect(addresses.map(lists.address)).toEqual([
    ['vpn', 'data-centre'],
    ['data-centre'],
    ['tor'],
    ['tor'],
    ['bad-network'],
    [],
  ]);
  expect([lists.address('2001:db8:bad::1'), lists.networkOf('192.0.2.200')]).toEqual([['bad-network'], 64510]);
  expect(['+46700000001', '+46700000002', '+46700000003'].map(lists.publicNumber)).toEqual([
    { lastSeen: '2026-10-01' },
    { lastSeen: '2026-11-02' },
    'no',
  ]);
});

test('without lists everything is unknown, never good', () => {
  const lists = packLists([], []);
  expect([
    lists.emailDomain('fabrikam.example'),
    lists.address('192.0.2.1'),
    lists.publicNumber('+46700000001'),
  ]).toEqual(['unknown', 'unknown', 'unknown']);
});

test('a free provider that is disposable by another list is disposable, and the conflict is told', async () => {
  const { lists, loaded } = await packed();
  expect(lists.emailDomain('x.wild.example')).toBe('disposable');
  expect(conflictsOf(loaded.map((list) => ({ ...list, date: '' })))).toEqual({ free: 2, both: ['x.wild.example'] });
});

const published = resolve(process.env['SURETY_DATA'] ?? '../shared/data', 'signup_lists');

test.skipIf(!existsSync(published))(
  'published lists are read whole, and only what is no entry is refused',
  async () => {
    const { lists, refused, others } = await findLists(published);
    expect(refused).toEqual([]);
    expect(others).toEqual(['SOURCE.txt']);
    const sizes = Object.fromEntries(lists.map(({ file, entries }) => [file, entries.length]));
    expect(sizes).toMatchObject({
      'datacenter_ipv4.txt': 42_566,
      'vpn_ipv4.txt': 10_862,
      'disposable_email_blocklist.conf': 8335,
      'disposable_wildcards.json': 399,
      'tor_exit_nodes_2024-02.txt': 1746,
      'bad_asn.csv': 742,
    });
    expect(lists.flatMap((list) => list.refused).map(({ file, reason }) => `${file}: ${reason}`)).toEqual([
      'free_email_domains.txt: "housefancom" is no domain',
      'free_email_domains.txt: "multiplechoices" is no domain',
    ]);
    const packedLists = packLists(
      lists.map((list) => ({ ...list, date: '2026-08-22' })),
      [],
    );
    expect(packedLists.emailDomain('163.com')).toBe('free');
    expect(packedLists.emailDomain('gmail.zalvisual.us')).toBe('disposable');
    expect(packedLists.address('101.99.92.179')).toContain('tor');
    const numbers = lists.find(({ kind }) => kind === 'public-numbers');
    const [one] = numbers?.entries ?? [];
    expect(one?.of === 'number' && packedLists.publicNumber(one.number)).toMatchObject({
      lastSeen: expect.any(String),
    });
  },
);

test('a file that is no text is refused whole and the others are kept', async () => {
  const folder = folderOf({ 'vpn.txt': Buffer.from([0xff, 0xfe, 0x31]), 'tor.txt': '192.0.2.1\n' });
  const { lists, refused } = await findLists(folder);
  expect(refused).toEqual([{ file: 'vpn.txt', line: 1, reason: 'the file is not UTF-8 text' }]);
  expect(lists.map(({ file }) => file)).toEqual(['tor.txt']);
  expect(existsSync(join(folder, 'vpn.txt'))).toBe(true);
});
