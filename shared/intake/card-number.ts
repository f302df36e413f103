const digitsOf = (text: string): string => text.replace(/[ -]/g, '');

/** Lengths of card numbers by their first digits (ISO/IEC 7812-1; networks' published ranges). */
const forms: readonly RegExp[] = [
  /^4(\d{12}|\d{15}|\d{18})$/,
  /^(5[1-5]|2[2-7])\d{14}$/,
  /^3[47]\d{13}$/,
  /^3(0[0-5]|[689]\d)\d{11}(\d{2})?$/,
  /^35\d{14}$/,
  /^(62|81)\d{14,17}$/,
  /^6(011|4[4-9]\d|5\d\d)\d{12}$/,
  /^(50|5[6-9]|6\d)\d{11,17}$/,
];

/** Luhn's check digit (ISO/IEC 7812-1, annex B). */
function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * Whether the text holds what looks like a card number: 13 to 19 digits, also in groups, of a network's form and with a valid
 * check digit. JSON's escapes and other scripts' digits are read too. Linear in the text's length.
 */
export function holdsCardNumber(text: string): boolean {
  const plain = text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .normalize('NFKC');
  for (const [run] of plain.matchAll(/\d+(?:[ -]\d+)*/g)) {
    const digits = digitsOf(run);
    if (digits.length < 13 || digits.length > 19) continue;
    if (forms.some((form) => form.test(digits)) && isLuhnValid(digits)) return true;
  }
  return false;
}
