import type { Containers } from '../azure/cosmos.ts';
import type { Customer } from '../customers/customer.ts';
import { readRoot } from '../runtime/commit.ts';

/** Names of parties for people. */
export interface PartyNames {
  /** The customer's name; undefined when none is known. */
  nameOf(party: string): Promise<string | undefined>;
}

/** Reads each party's name once. */
export function partyNames(containers: Containers): PartyNames {
  const names = new Map<string, Promise<string | undefined>>();
  const read = async (party: string) => {
    const address = { container: 'customers', partition: party, id: party } as const;
    return (await readRoot<Customer>(containers('customers'), address))?.state.name;
  };
  return {
    nameOf(party) {
      const name = names.get(party) ?? read(party);
      names.set(party, name);
      return name;
    },
  };
}

/** What a party is called where it has no name. */
export function partyText(party: string, name: string | undefined): string {
  if (name !== undefined) return name;
  const unknown = /^customer:unknown-(.+)$/.exec(party)?.[1];
  return unknown === undefined ? party : `unknown owner of ${unknown}`;
}
