import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { Proof } from './check-proof.ts';
import type { SignedBody } from './check-signature.ts';
import type { Person, Role } from './check-token.ts';
import { knownLater } from './classify-failure.ts';
import { type App, app } from './compose.ts';

/** Who may call a function. There is no default: a function without one cannot be registered. */
export type CallerClass =
  /** Somebody of the partner, by Entra token, holding one of the roles. */
  | { readonly kind: 'person'; readonly roles: readonly Role[] }
  /** Somebody who proved a phone by passcode, for the purpose `sign-up`. */
  | { readonly kind: 'applicant' }
  | { readonly kind: 'applicant-or-person'; readonly roles: readonly Role[] }
  /** A service that signs its bodies (Standard Webhooks) with a secret of that setting, for `{provider}` of the route if it has one. */
  | { readonly kind: 'signed'; readonly by: 'BILLING_WEBHOOK_SECRETS' | 'VERIFICATION_SECRETS' }
  /** Anybody: only for what tells nothing about customers. */
  | { readonly kind: 'anyone'; readonly why: string };

/** An error that the caller gets to see, as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(status: number, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

export interface Call {
  readonly request: HttpRequest;
  readonly app: App;
  /** Present exactly when a person called. */
  readonly person: Person | undefined;
  /** Present exactly when an applicant called. */
  readonly applicant: Proof | undefined;
  /** Present exactly when the caller class is `signed`: the body as it was signed. */
  readonly signed: SignedBody | undefined;
}

/** The handler with its caller class, so that a test can enumerate every function's. */
export type GuardedHandler = HttpHandler & { readonly callerClass: CallerClass };

/**
 * The only way to register an HTTP function: proves the caller before the handler runs. 401 without a valid token, 403
 * without the role, 503 while a store is away, 500 without detail for a bug.
 */
export function onHttp(caller: CallerClass, handle: (call: Call) => Promise<HttpResponseInit>): GuardedHandler {
  const handler = async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    try {
      const running = await app();
      const proven = await proveCaller(request, running, caller);
      const answer = await handle({ request, app: running, ...proven });
      return { ...answer, headers: { 'cache-control': 'no-store', ...answer.headers } };
    } catch (error) {
      if (error instanceof Problem) return problem(error.status, error.message, error.facts);
      const later = knownLater(error);
      if (later !== undefined) {
        context.warn(`later: ${context.functionName}: ${later.message}`);
        const seconds = Math.ceil((later.retryAfterMs ?? 5000) / 1000);
        return problem(
          503,
          'The store is away. Nothing was changed that you were not told of; try again.',
          {},
          { 'retry-after': String(seconds) },
        );
      }
      context.error(`${context.functionName} failed (${context.invocationId})`, error);
      return problem(500, `Something went wrong here. Tell the operator this number: ${context.invocationId}`);
    }
  };
  return Object.assign(handler, { callerClass: caller });
}

type Proven = Pick<Call, 'person' | 'applicant' | 'signed'>;
const nobody: Proven = { person: undefined, applicant: undefined, signed: undefined };

async function proveCaller(request: HttpRequest, running: App, caller: CallerClass): Promise<Proven> {
  switch (caller.kind) {
    case 'anyone':
      return nobody;
    case 'person':
      return { ...nobody, person: await provePerson(bearerOf(request), running, caller.roles) };
    case 'applicant':
      return { ...nobody, applicant: await proveApplicant(bearerOf(request), running) };
    case 'applicant-or-person': {
      const token = bearerOf(request);
      const { decodeJwt } = await import('jose');
      const { proofIssuer } = await import('./check-proof.ts');
      return issuerOf(token, decodeJwt) === proofIssuer
        ? { ...nobody, applicant: await proveApplicant(token, running) }
        : { ...nobody, person: await provePerson(token, running, caller.roles) };
    }
    case 'signed':
      return { ...nobody, signed: await proveSignature(request, running.settings[caller.by], caller.by) };
  }
}

function bearerOf(request: HttpRequest): string {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer === undefined) throw new Problem(401, 'A bearer token is needed.');
  return bearer;
}

/** Who says to have issued a token: chooses the check, proves nothing. */
function issuerOf(token: string, decode: (token: string) => { iss?: string }): string | undefined {
  try {
    return decode(token).iss;
  } catch {
    return undefined;
  }
}

async function provePerson(bearer: string, running: App, roles: readonly Role[]): Promise<Person> {
  const { checkToken } = await import('./check-token.ts');
  const checked = await checkToken(bearer, running.settings, running.policy.partner.tenantId);
  if (checked.kind === 'refused') throw new Problem(401, checked.why);
  if (!checked.person.roles.some((role) => roles.includes(role))) {
    throw new Problem(403, `This needs one of the roles ${roles.join(', ')}.`);
  }
  return checked.person;
}

async function proveApplicant(bearer: string, running: App): Promise<Proof> {
  const { checkProof } = await import('./check-proof.ts');
  const proof = await checkProof(bearer, running.settings);
  if (proof?.purpose !== 'sign-up') throw new Problem(401, 'A proof of the phone is needed: ask for a passcode first.');
  return proof;
}

async function proveSignature(request: HttpRequest, secrets: string | undefined, name: string): Promise<SignedBody> {
  if (secrets === undefined) throw new Problem(503, `${name} is not set: nothing can be taken in here.`);
  const [{ checkSignature, secretsFor }, raw] = await Promise.all([
    import('./check-signature.ts'),
    bytesOf(request, 1024 * 1024),
  ]);
  const signed = checkSignature(secretsFor(secrets, request.params['provider'] ?? '').join(','), raw, request.headers);
  if (signed === undefined) throw new Problem(401, 'The signature is not valid here, or older than five minutes.');
  return signed;
}

async function bytesOf(request: HttpRequest, most: number): Promise<Buffer> {
  const tooLarge = () => new Problem(413, `The body is too large; at most ${most} bytes are taken in.`);
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge();
  const raw = Buffer.from(await request.arrayBuffer());
  if (raw.length > most) throw tooLarge();
  return raw;
}

/** No body of people's has more. */
const mostBodyBytes = 64 * 1024;

/** The parsed JSON body. 400 names what is wrong with it, 413 that it is over 64 KB. */
export async function bodyOf<T>(
  request: HttpRequest,
  schema: { safeParse(value: unknown): SafeParsed<T> },
): Promise<T> {
  return parsedAs((await bytesOf(request, mostBodyBytes)).toString('utf8'), schema);
}

/** The same of a text, e.g. of a signed body. */
export function parsedAs<T>(text: string, schema: { safeParse(value: unknown): SafeParsed<T> }): T {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
  if (!isWellFormed(text)) throw new Problem(400, 'The body holds half of a character: a lone surrogate in an escape.');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || '(body)',
    problem: issue.message,
  }));
  throw new Problem(400, 'The body cannot be used.', { problems });
}

/**
 * Whether every text in a JSON document is Unicode. An escape can write a lone surrogate (RFC 8259, section 8.2); canonical JSON
 * (RFC 8785, section 3.2.2.2) has no form for one, so that neither an index nor the audit chain could ever take it.
 */
function isWellFormed(json: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return true;
  let isWell = true;
  JSON.parse(json, (name: string, value: unknown) => {
    isWell &&= name.isWellFormed() && (typeof value !== 'string' || value.isWellFormed());
    return value;
  });
  return isWell;
}

type SafeParsed<T> =
  | { readonly success: true; readonly data: T }
  | {
      readonly success: false;
      readonly error: {
        readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
      };
    };

function problem(
  status: number,
  title: string,
  facts: Readonly<Record<string, unknown>> = {},
  headers: Record<string, string> = {},
): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ title, status, ...facts }),
  };
}
