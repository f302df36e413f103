import { expect, test } from 'vitest';
import {
  asciiHost,
  domainAndAbove,
  lookOf,
  mixesScripts,
  registrableDomain,
} from '../../../shared/onboarding/identity/domain-name.ts';
import { readEmail } from '../../../shared/onboarding/identity/email-address.ts';
import { identityValues } from '../../../shared/onboarding/identity/identity-values.ts';
import { packLists } from '../../../shared/onboarding/lists/sign-up-lists.ts';
import { type ApplicantOver, anApplicant } from './some-applicants.ts';

test.for([
  ['https://www.Fabrikam.example/shop?x=1#y', 'www.fabrikam.example', 'fabrikam.example'],
  ['FABRIKAM.EXAMPLE.', 'fabrikam.example', 'fabrikam.example'],
  ['fabrikam.example:8443', 'fabrikam.example', 'fabrikam.example'],
  ['a.b.contoso.co.uk', 'a.b.contoso.co.uk', 'contoso.co.uk'],
  ['ελλάδα.gr', 'xn--hxakic4aa.gr', 'xn--hxakic4aa.gr'],
  ['fabrikam。example', 'fabrikam.example', 'fabrikam.example'],
  ['ｆabrikam.example', 'fabrikam.example', 'fabrikam.example'],
  ['fabri\u200bkam.example', 'fabrikam.example', 'fabrikam.example'],
  ['contoso.onmicrosoft.com', 'contoso.onmicrosoft.com', 'contoso.onmicrosoft.com'],
  ['mail.contoso.onmicrosoft.com', 'mail.contoso.onmicrosoft.com', 'contoso.onmicrosoft.com'],
  ['contoso.github.io', 'contoso.github.io', 'contoso.github.io'],
  ['192.0.2.1', undefined, undefined],
  ['localhost', undefined, undefined],
  ['a b.example', undefined, undefined],
  ['-a-.example', undefined, undefined],
  ['co.uk', 'co.uk', undefined],
  ['', undefined, undefined],
] as const)('"%s" is the host %s of the domain %s', ([text, host, domain]) => {
  expect(asciiHost(text)).toBe(host);
  expect(registrableDomain(text)).toBe(domain);
});

test('a name has its domains above it, the longest first', () => {
  expect([...domainAndAbove('a.b.example')]).toEqual(['a.b.example', 'b.example', 'example']);
});

test.for([
  ['contoso.example', 'c0ntoso.example', true],
  ['contoso.example', 'соntоsо.example', true],
  ['fabrikam.example', 'fabrіkam.example', true],
  ['modern.example', 'modem.example', true],
  ['tailwind.example', 'tai1wind.example', true],
  ['north-wind.example', 'northwind.example', true],
  ['contoso.example', 'contoso.test', false],
  ['contoso.example', 'contosa.example', false],
] as const)('%s and %s look alike: %s', ([one, other, alike]) => {
  const look = (text: string) => lookOf(registrableDomain(text) ?? '');
  expect(look(one) === look(other)).toBe(alike);
});

test.for([
  ['соntoso.example', true],
  ['fabrikαm.example', true],
  ['ελλάδα.gr', false],
  ['пример.рф', false],
  ['müller.example', false],
  ['東京tokyo.jp', false],
] as const)('%s mixes scripts that look alike: %s', ([domain, mixed]) => {
  expect(mixesScripts(asciiHost(domain) ?? '')).toBe(mixed);
});

test.for([
  ['Ann.Lee+azure@GMAIL.com', 'annlee@gmail.com'],
  ['annlee@googlemail.com', 'annlee@gmail.com'],
  ['ann.lee+x@outlook.com', 'ann.lee@outlook.com'],
  ['Ann.Lee+azure@fabrikam.example', 'ann.lee+azure@fabrikam.example'],
  ['+tag@gmail.com', '+tag@gmail.com'],
  ['ann@Ελλάδα.gr', 'ann@xn--hxakic4aa.gr'],
  ['ａnn@fabrikam.example', 'ann@fabrikam.example'],
  ['"a@b"@fabrikam.example', '"a@b"@fabrikam.example'],
  ['ann', undefined],
  ['@fabrikam.example', undefined],
  ['ann lee@fabrikam.example', undefined],
  ['ann@localhost', undefined],
] as const)('the e-mail address %s is %s', ([text, normal]) => expect(readEmail(text)?.normal).toBe(normal));

const valuesOf = (over: ApplicantOver) =>
  Object.fromEntries(
    identityValues(anApplicant(1, over), packLists([], [])).identifiers.map(({ of, value }) => [of, value]),
  );

test.for([
  [
    'postal',
    { company: { postalAddress: '1 High Street, Dover' } },
    { company: { postalAddress: 'high street 1; DOVER' } },
  ],
  ['company', { company: { registrationNumber: 'gr 12-34' } }, { company: { registrationNumber: 'GR1234' } }],
  ['domain', { company: { domain: 'shop.fabrikam.example' } }, { company: { domain: 'https://fabrikam.example/' } }],
  ['address', { address: '::ffff:192.0.2.1' }, { address: '192.0.2.1' }],
  ['network', { address: '192.0.2.1' }, { address: '192.0.2.254' }],
  ['network', { address: '2001:db8::1' }, { address: '2001:db8:0:0:ffff::2' }],
  [
    'tenant',
    { tenantId: 'AAAAAAAA-0000-4000-8000-000000000001' },
    { tenantId: 'aaaaaaaa-0000-4000-8000-000000000001' },
  ],
] as const)('two spellings of one %s meet', ([kind, one, other]) => {
  expect(valuesOf(one)[kind]).toBeDefined();
  expect(valuesOf(one)[kind]).toBe(valuesOf(other)[kind]);
});

test('a company is known by its name too, without its form', () => {
  const named = (name: string) =>
    identityValues(anApplicant(1, { company: { name } }), packLists([], [])).identifiers.filter(
      ({ of }) => of === 'company',
    );
  expect(named('Fabrikam GmbH')).toEqual(named('FABRIKAM, Ltd.'));
});

test('an e-mail domain that anybody gets an address in, or that is the company’s, is nothing to be known by', () => {
  expect(valuesOf({ contact: { email: 'ann@gmail.com' } })['email-domain']).toBeUndefined();
  expect(valuesOf({})['email-domain']).toBeUndefined();
  expect(valuesOf({ contact: { email: 'ann@mail.contoso.example' } })['email-domain']).toBe('contoso.example');
});
