import { expect, test } from 'vitest';
import { VerificationPolicy } from '../../shared/policy/verification-policy.ts';

const provider = { name: 'acme-bureau', url: 'https://bureau.contoso.example/surety', kinds: ['credit'] };
const problemsOf = (...providers: readonly object[]) =>
  VerificationPolicy.safeParse({ providers }).error?.issues.map(({ message }) => message) ?? [];

test.for([
  'https://bureau.contoso.example/surety',
  'https://bureau.contoso.example:8443',
  'http://127.0.0.1:7071/questions',
  'http://localhost/questions',
  'http://[::1]:80/questions',
])('a provider may be at %s', (url) => {
  expect(problemsOf({ ...provider, url })).toEqual([]);
});

test.for([
  'http://bureau.contoso.example/',
  'http://127.0.0.1.contoso.example/',
  'http://localhost.contoso.example/',
  'http://127.0.0.1@contoso.example/',
  'https://ann:secret@bureau.contoso.example/',
  'https://bureau.contoso.example/?key=secret',
  'https://bureau.contoso.example/#top',
  'ftp://bureau.contoso.example/',
  'file:///etc/passwd',
  'bureau',
])('a provider may not be at %s', (url) => {
  expect(problemsOf({ ...provider, url })).not.toEqual([]);
});

test('names of providers are short, plain and differ', () => {
  expect(problemsOf({ ...provider, name: 'Acme Bureau' })).not.toEqual([]);
  expect(problemsOf({ ...provider, name: '../billing' })).not.toEqual([]);
  expect(problemsOf(provider, provider)).toEqual(['names must differ']);
  expect(problemsOf(provider, { ...provider, name: 'other-register' })).toEqual([]);
});
