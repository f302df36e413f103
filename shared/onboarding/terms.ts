import {
  amountOf,
  amountText,
  compareDecimals,
  type Decimal,
  decimalOf,
  decimalText,
  divideDecimals,
  type Money,
  moneyOf,
  multiplyDecimals,
  parseDecimal,
} from '../core/money.ts';
import type { DecisionPolicy } from '../policy/decision-policy.ts';
import type { Needs } from './applicant.ts';
import type { Evidence } from './evidence.ts';

/** An amount with the words that explain it. */
export interface ExplainedAmount {
  readonly amount: Money;
  readonly why: string;
}

/** On what terms an applicant may start. All amounts in the partner's currency. */
export interface Terms {
  /** The most that it may owe. */
  readonly creditLimit: ExplainedAmount;
  /** To be paid before the first order. */
  readonly prepayment: ExplainedAmount;
  /** First monthly budget. */
  readonly budget: ExplainedAmount;
  readonly needs: Needs;
}

/** What terms are made from. */
export interface TermsQuestion {
  readonly score: number;
  readonly needs: Needs;
  /** Standing evidence of the kind `credit` that passed, the newest; undefined when nobody vouches. */
  readonly credit: Evidence | undefined;
  readonly policy: DecisionPolicy;
  /** The partner's, ISO 4217. */
  readonly currency: string;
}

const hundred: Decimal = { units: 100n, scale: 0 };

/**
 * Credit limit, prepayment and first budget (the guide: "assess what a customer can pay", "set a budget"). Each says in words
 * how it came about; mixed currencies are never compared. Pure.
 */
export function termsOf(question: TermsQuestion): Terms {
  const { needs, currency } = question;
  const creditLimit = creditLimitOf(question);
  const isComparable = needs.currency === currency;
  return {
    creditLimit,
    prepayment: isComparable
      ? prepaymentOf(question)
      : { amount: creditLimit.amount, why: `the whole credit limit: ${otherCurrency(needs, currency)}` },
    budget: isComparable
      ? budgetOf(question, creditLimit.amount)
      : { amount: creditLimit.amount, why: `the credit limit: ${otherCurrency(needs, currency)}` },
    needs,
  };
}

const otherCurrency = (needs: Needs, currency: string): string =>
  `a need of ${needs.monthlyAmount} ${needs.currency} a month cannot be compared with ${currency} without a rate`;

/** What a bureau names as limit in the currency, if it does. Facts are written by others: anything else is no limit. */
export function limitNamedBy(credit: Evidence | undefined, currency: string): Decimal | undefined {
  const { creditLimit, currency: named } = credit?.facts ?? {};
  if (named !== undefined && named !== currency) return undefined;
  if (typeof creditLimit !== 'number' && typeof creditLimit !== 'string') return undefined;
  const limit = parseDecimal(String(creditLimit));
  return limit === undefined || limit.units < 0n ? undefined : limit;
}

function creditLimitOf({ score, credit, policy, currency }: TermsQuestion): ExplainedAmount {
  const named = limitNamedBy(credit, currency);
  const base = named ?? decimalOf(policy.creditLimit.default);
  const max = decimalOf(policy.creditLimit.max);
  const bounded = compareDecimals(base, max) > 0 ? max : base;
  const { percent, words } = bandOf(score, policy);
  const amount = moneyOf(divideDecimals(multiplyDecimals(bounded, wholeOf(percent)), hundred, 6), currency);
  const from =
    named === undefined || credit === undefined
      ? `${amountText(base, currency)} by policy, since no bureau names a limit in ${currency}`
      : `${amountText(base, currency)} as ${credit.source} says, as of ${credit.at}`;
  const cap = bounded === base ? '' : `, at most ${amountText(max, currency)} by policy`;
  return { amount, why: `${from}${cap}; ${percent} % of it for ${words}` };
}

function bandOf(score: number, policy: DecisionPolicy): { readonly percent: number; readonly words: string } {
  const band = policy.creditLimit.bands.find(({ upTo }) => score <= upTo);
  return band === undefined
    ? { percent: 0, words: `a score of ${score}, above every band` }
    : { percent: band.percent, words: `a score of ${score}, up to ${band.upTo}` };
}

const wholeOf = (value: number): Decimal => ({ units: BigInt(value), scale: 0 });

/** Nobody vouches, or the bureau itself says that it knows little (`thin`). */
function prepaymentOf({ needs, credit, policy, currency }: TermsQuestion): ExplainedAmount {
  const need = decimalOf(needs.monthlyAmount);
  const isThin = credit?.facts['thin'] === true;
  if (credit !== undefined && !isThin) {
    return { amount: moneyOf(wholeOf(0), currency), why: `none: ${credit.source} vouches, as of ${credit.at}` };
  }
  const because = credit === undefined ? 'no bureau vouches' : `${credit.source} knows little, as of ${credit.at}`;
  const months = policy.prepaymentMonths;
  return {
    amount: moneyOf(multiplyDecimals(need, wholeOf(months)), currency),
    why: `${months} x ${amountText(need, currency)}, the need of a month: ${because}`,
  };
}

function budgetOf({ needs, policy, currency }: TermsQuestion, limit: Money): ExplainedAmount {
  const need = decimalOf(needs.monthlyAmount);
  const wanted = multiplyDecimals(need, decimalOf(policy.budgetFactor));
  const sum = `${policy.budgetFactor} x ${amountText(need, currency)}, the need of a month`;
  if (compareDecimals(wanted, amountOf(limit)) <= 0) return { amount: moneyOf(wanted, currency), why: sum };
  return { amount: limit, why: `${sum}, would be ${amountText(wanted, currency)}; capped by the credit limit` };
}

/** An amount as decimal text, e.g. for a budget. */
export const amountTextOf = (money: Money): string => decimalText(amountOf(money));
