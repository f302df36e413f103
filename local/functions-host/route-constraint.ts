const integerWithin = (low: bigint, high: bigint) => (value: string) =>
  /^[+-]?\d{1,20}$/.test(value) && BigInt(value.replace('+', '')) >= low && BigInt(value.replace('+', '')) <= high;
const number = (value: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);

/**
 * What a constraint such as `int`, `range(1,3)` or `regex(^a+$)` accepts; undefined when there is none of that name.
 * https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
 */
export function constraintOf(text: string): ((value: string) => boolean) | undefined {
  const match = /^([a-z]+)(?:\((.*)\))?$/is.exec(text);
  const argument = match?.[2] ?? '';
  const [first = 0, second = first] = argument.split(',').map(Number);
  switch (match?.[1]?.toLowerCase()) {
    case 'int':
      return integerWithin(-(2n ** 31n), 2n ** 31n - 1n);
    case 'long':
      return integerWithin(-(2n ** 63n), 2n ** 63n - 1n);
    case 'min':
      return (value) => integerWithin(-(2n ** 63n), 2n ** 63n - 1n)(value) && Number(value) >= first;
    case 'max':
      return (value) => integerWithin(-(2n ** 63n), 2n ** 63n - 1n)(value) && Number(value) <= first;
    case 'range':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= first && Number(value) <= second;
    case 'decimal':
    case 'double':
    case 'float':
      return number;
    case 'bool':
      return (value) => /^(true|false)$/i.test(value);
    case 'guid':
      return (value) => /^(\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|[0-9a-f]{32})$/i.test(value);
    case 'datetime':
      return (value) => !Number.isNaN(Date.parse(value));
    case 'alpha':
      return (value) => /^[a-z]*$/i.test(value);
    case 'length':
      return (value) => value.length >= first && value.length <= second;
    case 'minlength':
      return (value) => value.length >= first;
    case 'maxlength':
      return (value) => value.length <= first;
    case 'required':
      return (value) => value !== '';
    case 'regex':
      return (value) => new RegExp(argument.replaceAll('{{', '{').replaceAll('}}', '}'), 'i').test(value);
    default:
      return undefined;
  }
}
