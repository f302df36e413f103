import { z } from 'zod';

const Points = z.number().int().min(0).max(100);
const Count = z.number().int().min(1);

/** What it counts that other applications share a thing: one or a few of them, or many in an hour or in 30 days. */
const sharing = (once: number, often: number, perHour: number, perMonth: number) =>
  z
    .strictObject({
      once: Points.default(once),
      often: Points.default(often),
      perHour: Count.default(perHour),
      perMonth: Count.default(perMonth),
    })
    .prefault({});

const Shared = z.strictObject({
  phone: sharing(5, 25, 3, 4),
  email: sharing(8, 25, 2, 3),
  /** Nothing by itself: the evidence about the instrument counts it. It makes ties, and it tells a closed account. */
  card: sharing(0, 0, 2, 3),
  /** The company's registrable domain. Colleagues who apply for one company are counted here alone. */
  domain: sharing(3, 25, 4, 6),
  company: sharing(3, 25, 3, 5),
  tenant: sharing(3, 25, 3, 4),
  /** The same person: the same phone and the same e-mail address. */
  person: sharing(3, 25, 3, 4),
  // Weak ones.
  device: sharing(2, 6, 4, 10),
  address: sharing(2, 5, 8, 20),
  network: sharing(1, 3, 10, 30),
  emailDomain: sharing(3, 8, 3, 5),
  postal: sharing(3, 8, 3, 5),
});

/** Several things, each of them weak, that are shared with the same applications at speed. */
const Ring = z.strictObject({
  /** Ties to other applications that make a ring; a tie is each thing shared with one beyond the first. */
  perHour: Count.default(3),
  perDay: Count.default(6),
  perMonth: Count.default(12),
  points: Points.default(30),
});

/** What single findings count. */
const Findings = z.strictObject({
  closedAccount: Points.default(25),
  closedAccountWeak: Points.default(5),
  tenantOfCustomer: Points.default(10),
  domainOfCustomer: Points.default(25),
  looksLikeCustomer: Points.default(40),
  mixedScripts: Points.default(25),
  disposableEmail: Points.default(25),
  publicNumber: Points.default(30),
  noMailExchange: Points.default(10),
  newDomain: Points.default(10),
  /** Weak ones. */
  freeEmail: Points.default(4),
  otherEmailDomain: Points.default(4),
  tor: Points.default(10),
  vpn: Points.default(5),
  dataCentre: Points.default(5),
  badNetwork: Points.default(5),
  /** Taken off: the e-mail address is of the company's domain. */
  emailOfCompany: Points.default(5),
});

/** Digital identity: which lists are installed and what a link to another applicant counts. */
export const IdentityPolicy = z.strictObject({
  /** Folders with lists that `surety lists install` wrote. */
  lists: z.array(z.string()).default([]),
  /** A list older than this says so in the evidence. */
  staleListDays: z.number().int().min(1).default(60),
  /** Ask DNS whether the e-mail domain can receive mail. */
  lookUpMx: z.boolean().default(false),
  /** A domain registered less than so long ago is new. */
  newDomainDays: z.number().int().min(1).default(30),
  /** How many applications are read for each thing that is shared; more are "or more". */
  countUpTo: z.number().int().min(10).max(500).default(100),
  /** A weak thing that so many shared before yesterday is common (a carrier's address, a usual device): it makes no tie. */
  commonFrom: z.number().int().min(1).max(500).default(20),
  /** How long the blind indexes of an application are kept; those of customers and closed accounts stay. */
  keepDays: z.number().int().min(30).max(3650).default(400),
  shared: Shared.prefault({}),
  ring: Ring.prefault({}),
  points: Findings.prefault({}),
});
export type IdentityPolicy = z.infer<typeof IdentityPolicy>;
export type SharingPoints = z.infer<typeof Shared>['phone'];
