import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** What a number says about itself by the numbering plans. */
export interface PhoneNumber {
  /** E.164, in its one normal form. */
  readonly number: string;
  /** ISO 3166-1; absent for numbers that no plan knows. */
  readonly country?: string;
  /** `MOBILE`, `PREMIUM_RATE`, …, as libphonenumber names them; absent where no plan says. */
  readonly type?: string;
  /** The first eight digits (with `+`), fewer of short numbers: what velocity and conversion are counted by. */
  readonly prefix: string;
  /** All but the last two digits: numbers that share it follow each other. */
  readonly block: string;
}

const prefixDigits = 8;
/** The rest of a number that its prefix never holds. */
const leastRest = 3;

/** Reads a number of E.164 form. Whether it exists is another question: it may be of no country and no type. */
export function phoneNumberOf(text: string): PhoneNumber {
  const parsed = parsePhoneNumberFromString(text);
  const valid = parsed?.isValid() === true ? parsed : undefined;
  const number = valid?.number ?? text;
  const country = valid?.country;
  const type = valid?.getType();
  return {
    number,
    ...(country === undefined ? {} : { country }),
    ...(type === undefined ? {} : { type }),
    prefix: number.slice(0, Math.min(1 + prefixDigits, number.length - leastRest)),
    block: number.slice(0, -2),
  };
}
