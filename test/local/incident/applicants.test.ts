import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { applicantsOf } from '../../../local/incident/applicants.ts';
import { Applicant } from '../../../shared/onboarding/applicant.ts';

const at = { honestAt: new Date('2026-10-12T06:15:00Z'), robotsAt: new Date('2026-10-12T06:30:00Z'), robots: 8 };

test.for([1, 2, 3])('the applicants of seed %i fill in the form as people do, and differ from each other', (seed) => {
  const applicants = applicantsOf(seed, at);
  for (const { told, phone } of applicants) {
    expect(Applicant.parse(told).contact.phone).toBe(phone);
    expect(parsePhoneNumberFromString(phone)?.getType()).toBe('MOBILE');
  }
  expect(new Set(applicants.map(({ phone }) => phone)).size).toBe(9);
  expect(new Set(applicants.map(({ clientKey }) => clientKey)).size).toBe(9);
  expect(applicantsOf(seed, at)).toEqual(applicants);
});

test('robots share a device and an address and come one after the other; the honest company shares nothing', () => {
  const [honest, ...robots] = applicantsOf(1, at);
  expect(honest).toMatchObject({ kind: 'honest', arrivesAt: '2026-10-12T06:15:00.000Z' });
  expect(new Set(robots.map(({ address, told }) => `${address} ${String(told['deviceSignature'])}`)).size).toBe(1);
  expect(robots.map(({ address }) => address)).not.toContain(honest?.address);
  expect(robots.map(({ arrivesAt }) => arrivesAt)).toEqual(robots.map(({ arrivesAt }) => arrivesAt).toSorted());
});
