import { BlockList, isIP } from 'node:net';
import type { TextTest } from './expression.ts';
import { RuleProblem } from './rule-problem.ts';

/** `|cidr`: the value is an address in this network, IPv4 or IPv6. Throws `RuleProblem` when it isn't a network. */
export function cidrTest(network: string, field: string, offset?: number): TextTest {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address);
  const bits = Number(prefix);
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || bits > (family === 4 ? 32 : 128)) {
    throw new RuleProblem(field, `"${network}" is not a network such as 192.0.2.0/24`, offset);
  }
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return {
    kind: 'text',
    cased: false,
    matches: (text) => {
      const kind = isIP(text);
      return kind !== 0 && list.check(text, kind === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
