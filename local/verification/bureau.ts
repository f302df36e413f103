import { createHash } from 'node:crypto';
import type { Answer, Question } from './contract.ts';

/** A number from 0 to 999 that is always the same for the same subject. */
function shareOf(question: Question): number {
  const number = 'registrationNumber' in question.subject ? question.subject.registrationNumber : undefined;
  if (number?.startsWith('HRB 1') === true) return 890;
  const hash = createHash('sha256')
    .update(JSON.stringify([question.kind, question.subject]))
    .digest();
  return hash.readUInt32BE(0) % 1000;
}

/**
 * What the generated bureau knows: the same subject always gets the same answer. A company without a registration number is
 * not in the register, one with `HRB 1…` is old and pays in time; of the others one in twelve is not in the register, one in ten
 * pays badly. `at` is when it looked.
 */
export function answerOf(question: Question, at: Date): Answer {
  const share = shareOf(question);
  const base = { checkedAt: at.toISOString(), reference: `file-${share}` };
  switch (question.kind) {
    case 'registry':
      return share < 80 || question.subject.registrationNumber === undefined
        ? { ...base, ...unregistered }
        : { ...base, ...registered(1 + (share % 30)) };
    case 'credit':
      return share < 100 ? { ...base, ...badPayer } : { ...base, ...goodPayer(share) };
    case 'phone':
      return { ...base, result: 'passed', reasons: [], facts: { lineType: share < 100 ? 'voip' : 'mobile' } };
    case 'document':
      return { ...base, result: 'passed', reasons: [], facts: { documentStatus: 'valid' } };
  }
}

const unregistered = {
  result: 'failed',
  reasons: [
    {
      code: 'not-registered',
      title: 'The company is not in the register',
      points: 35,
      observed: 'no entry of that name and number',
      normal: 'an entry',
    },
  ],
} as const;

const registered = (years: number): Pick<Answer, 'result' | 'reasons' | 'facts'> => ({
  result: 'passed',
  reasons: [
    {
      code: 'registered',
      title: 'The company is in the register',
      points: years < 3 ? 5 : -10,
      observed: `registered for ${years} years`,
      normal: '3 years or more',
    },
  ],
  facts: { registeredYears: years, companyStatus: 'active' },
});

const badPayer = {
  result: 'failed',
  reasons: [
    {
      code: 'pays-late',
      title: 'The company pays late',
      points: 30,
      observed: '74 days on average over 12 months',
      normal: 'up to 30 days',
    },
  ],
  facts: { creditScore: 210, creditLimit: '0', currency: 'EUR' },
} as const;

const goodPayer = (share: number): Pick<Answer, 'result' | 'reasons' | 'facts'> => ({
  result: 'passed',
  reasons: [
    {
      code: 'pays-in-time',
      title: 'The company pays in time',
      points: -10,
      observed: '12 days on average over 12 months',
      normal: 'up to 30 days',
    },
  ],
  facts: { creditScore: 400 + share, creditLimit: `${1000 + share * 10}.00`, currency: 'EUR' },
});
