import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Small lists in the forms in which the public ones come. */
export const someLists: Readonly<Record<string, string>> = {
  LICENSE: 'Everybody may use these lists.\n',
  'disposable_email_blocklist.conf': '# hand-kept\nmailbin.example\nthrowaway.test\n',
  'disposable-email-domains/wildcard.json': '["wild.example"]',
  'disposable-email-domains/package.json': '["never.example"]',
  'allowlist.conf': 'mailbin.example\n',
  'free_email_domains.txt': 'freemail.example\nx.wild.example\n',
  'vpn/ipv4.txt': '198.51.100.0/25\n',
  'datacenter/ipv4.txt': '198.51.100.0/24\n203.0.113.7\n',
  'tor-exits_2026-11-20.txt': '203.0.113.66\n2001:0db8:0000:0000:0000:0000:0000:0066\n',
  'bad-asn-list.csv':
    'ASN,Entity\n64496,"Bad Hosting ""One"", XX"\n64497, "Two, YY"\n"64498","Three"\n64499,FOUR without quotes\n',
  'ip2asn-combined.tsv':
    '192.0.2.0\t192.0.2.127\t64496\tXX\tBAD\n192.0.2.128\t192.0.2.255\t64510\tXX\tGOOD\n10.0.0.0\t10.255.255.255\t0\tNone\tNot routed\n2001:db8:bad::\t2001:db8:bad:ffff:ffff:ffff:ffff:ffff\t64497\tXX\tBAD\n',
  'disposable_phone_numbers.csv': 'number,last_seen\n+46700000001,2026-10-01\n46700000002,2026-11-02\n',
};

/** A folder with files. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'surety-lists-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
