import { companyNames, familyName, givenName } from './names.ts';
import { randomOf } from './random.ts';

/** Somebody who wants to become a customer, and how it goes about it. */
export interface IncidentApplicant {
  readonly kind: 'honest' | 'robot';
  /** ISO 8601, UTC: when it asks for its passcode. */
  readonly arrivesAt: string;
  /** Its key of the application: the same at every try. */
  readonly clientKey: string;
  /** Network address that it calls from; documentation ranges (RFC 5737). */
  readonly address: string;
  readonly phone: string;
  /** Body of the application, in the form of the API. */
  readonly told: Readonly<Record<string, unknown>>;
}

export interface ApplicantsAt {
  readonly honestAt: Date;
  readonly robotsAt: Date;
  readonly robots: number;
}

/** Seconds from one robot to the next. */
const robotPaceSeconds = 20;

/**
 * An honest company, and robots of one ring: one device, one network, numbers in a row, invented companies that are in no
 * register. Numbers are those that the Bundesnetzagentur keeps free for films.
 */
export function applicantsOf(seed: number, { honestAt, robotsAt, robots }: ApplicantsAt): readonly IncidentApplicant[] {
  const random = randomOf(seed, 'applicants');
  const companies = companyNames(random, robots + 1);
  const device = random.hex(32);
  return companies.map(({ name, label }, at): IncidentApplicant => {
    const honest = at === 0;
    const contact = { given: givenName(random), family: familyName(random) };
    const phone = honest ? '+4915228817386' : `+49171392${String(at).padStart(5, '0')}`;
    const domain = `${label}.example`;
    return {
      kind: honest ? 'honest' : 'robot',
      arrivesAt: (honest ? honestAt : new Date(robotsAt.getTime() + (at - 1) * robotPaceSeconds * 1000)).toISOString(),
      clientKey: `sign-up-${random.hex(16)}`,
      address: honest ? '198.51.100.23' : '203.0.113.77',
      phone,
      told: {
        company: {
          name: `${name} GmbH`,
          country: 'DE',
          domain,
          ...(honest ? { registrationNumber: `HRB 1${random.whole(1000, 9999)}` } : {}),
        },
        contact: {
          name: `${contact.given} ${contact.family}`,
          email: `${contact.given}.${contact.family}@${honest ? domain : 'mail.example'}`.toLowerCase(),
          phone,
        },
        deviceSignature: honest ? random.hex(32) : device,
        needs: {
          regions: ['germanywestcentral'],
          serviceFamilies: ['Compute', 'Storage'],
          monthlyAmount: honest ? '400.00' : '5000.00',
          currency: 'EUR',
        },
        collectionsPolicy: { version: '1', accepted: true },
      },
    };
  });
}
