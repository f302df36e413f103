import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mailExchangeOf } from '../../shared/azure/mail-exchange.ts';

const types = { A: 1, MX: 15, AAAA: 28 } as const;
type Answer = { readonly type: keyof typeof types; readonly data: Buffer };
/** What the server says of a name; `nothing` = it does not answer. */
type Zone = Readonly<Record<string, readonly Answer[] | 'no such name' | 'server failure' | 'nothing'>>;

const mx = (exchange: string): Answer => ({
  type: 'MX',
  data: Buffer.concat([
    Buffer.from([0, 10]),
    ...exchange
      .split('.')
      .filter((label) => label !== '')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]),
});
const zone: Zone = {
  'fabrikam.example': [mx('mail.fabrikam.example')],
  'nullmx.example': [mx('')],
  'addressonly.example': [{ type: 'A', data: Buffer.from([192, 0, 2, 1]) }],
  'sixonly.example': [{ type: 'AAAA', data: Buffer.alloc(16, 1) }],
  'empty.example': [],
  'nowhere.example': 'no such name',
  'failing.example': 'server failure',
  'silent.example': 'nothing',
};

/** A name server on loopback that speaks as much of RFC 1035 as is asked. */
const server = createSocket('udp4');
server.on('message', (query, from) => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString());
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(12, at + 5);
  const found = zone[labels.join('.').toLowerCase()] ?? 'no such name';
  if (found === 'nothing') return;
  const answers = typeof found === 'string' ? [] : found.filter((answer) => types[answer.type] === type);
  const code = found === 'no such name' ? 3 : found === 'server failure' ? 2 : 0;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  const records = answers.map(({ data }) => {
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(60, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  server.send(Buffer.concat([header, question, ...records]), from.port, from.address);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

test.for([
  ['fabrikam.example', 'receives'],
  ['addressonly.example', 'receives'],
  ['sixonly.example', 'receives'],
  ['nullmx.example', 'none'],
  ['empty.example', 'none'],
  ['nowhere.example', 'none'],
  ['failing.example', 'unknown'],
  ['silent.example', 'unknown'],
] as const)('mail for %s: %s', async ([domain, wanted]) => {
  const options = { servers: [`127.0.0.1:${server.address().port}`], timeoutMs: 200 };
  expect(await mailExchangeOf(domain, options)).toBe(wanted);
});
