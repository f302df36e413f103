import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { Person, Role } from './check-token.ts';
import { knownLater } from './classify-failure.ts';
import { type App, app } from './compose.ts';

/** Who may call a function. There is no default: a function without one cannot be registered. */
export type CallerClass =
  /** Somebody of the partner, by Entra token, holding one of the roles. */
  | { readonly kind: 'person'; readonly roles: readonly Role[] }
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
  /** Present exactly when the caller class is `person`. */
  readonly person: Person | undefined;
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
      const person = caller.kind === 'person' ? await provePerson(request, running, caller.roles) : undefined;
      const answer = await handle({ request, app: running, person });
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

async function provePerson(request: HttpRequest, running: App, roles: readonly Role[]): Promise<Person> {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer === undefined) throw new Problem(401, 'A bearer token of the partner tenant is needed.');
  const { checkToken } = await import('./check-token.ts');
  const checked = await checkToken(bearer, running.settings, running.policy.partner.tenantId);
  if (checked.kind === 'refused') throw new Problem(401, checked.why);
  if (!checked.person.roles.some((role) => roles.includes(role))) {
    throw new Problem(403, `This needs one of the roles ${roles.join(', ')}.`);
  }
  return checked.person;
}

/** The parsed JSON body. 400 names what is wrong with it. */
export async function bodyOf<T>(
  request: HttpRequest,
  schema: { safeParse(value: unknown): SafeParsed<T> },
): Promise<T> {
  let body: unknown;
  try {
    body = JSON.parse(await request.text());
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || '(body)',
    problem: issue.message,
  }));
  throw new Problem(400, 'The body cannot be used.', { problems });
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
