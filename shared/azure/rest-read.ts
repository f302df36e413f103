import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { KnownLater, NotAllowed } from '../core/failures.ts';
import { retryAfterMs } from './retry-after.ts';
import { serviceUrl } from './service-url.ts';

export interface RestSettings {
  /** Of messages, e.g. `Microsoft Graph`. */
  readonly name: string;
  /** https, or http on loopback. */
  readonly baseUrl: string;
  readonly scope: string;
  readonly credential: TokenCredential;
  /** False refuses plain http on loopback too. */
  readonly allowHttp?: boolean;
  /** How long one page may take, in milliseconds of real time; 30 s unless said. */
  readonly timeoutMs?: number;
}

const Page = z.object({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().nullish(),
  nextLink: z.string().nullish(),
});

/** A list page by page, by OData's `@odata.nextLink` or Azure's `nextLink`; nothing, or `missing` thrown, on 404. */
export async function* readList(settings: RestSettings, path: string, missing?: NotAllowed): AsyncIterable<unknown> {
  for (let next: string | undefined = path; next !== undefined; ) {
    const body = await readOne(settings, next);
    if (body === undefined && missing !== undefined) throw missing;
    if (body === undefined) return;
    const page = Page.safeParse(body);
    if (!page.success) throw new Error(`${settings.name} answered no list to GET ${pathOf(settings, next)}`);
    yield* page.data.value;
    next = page.data['@odata.nextLink'] ?? page.data.nextLink ?? undefined;
  }
}

/**
 * One read by plain REST; undefined when there is no such thing (404). Never retries. Throws `KnownLater` on 408, 429, 5xx,
 * time-outs, lost connections and a token that could not be had; `NotAllowed` with the service's own code on every other
 * refusal. A link to another origin is never followed, nor a redirect: the token goes nowhere else.
 */
export async function readOne(settings: RestSettings, pathOrLink: string): Promise<unknown> {
  const base = serviceUrl(settings.baseUrl, `the base URL of ${settings.name}`, settings.allowHttp);
  const url = URL.parse(pathOrLink, base.href);
  if (url === null || url.origin !== base.origin) {
    throw new Error(`${settings.name} gave a link outside ${base.origin}: ${pathOrLink.slice(0, 200)}`);
  }
  const token = await tokenOf(settings);
  const { response, text } = await exchange(settings, url, token);
  const body = parsed(text);
  if (response.ok) {
    if (body === undefined) throw new KnownLater(`${settings.name} answered no JSON to GET ${url.pathname}`);
    return body;
  }
  const { status } = response;
  if (status === 404) return undefined;
  const { code, message } = errorIn(body);
  const what = `${settings.name} answered ${status} (${code ?? 'no code'}) to GET ${url.pathname}: ${message}`;
  if (status === 408 || status === 429 || status >= 500) {
    throw new KnownLater(what, { retryAfterMs: retryAfterMs(response.headers) });
  }
  throw new NotAllowed(what, { code: code ?? String(status) });
}

const pathOf = (settings: RestSettings, link: string): string => new URL(link, settings.baseUrl).pathname;

/** `NotAllowed` of the credential is passed on: the tenant has not let the app in. */
async function tokenOf({ credential, scope, name }: RestSettings): Promise<string> {
  try {
    const found = await credential.getToken(scope);
    if (found !== null) return found.token;
  } catch (error) {
    if (error instanceof NotAllowed) throw error;
    throw new KnownLater(`there is no token for ${name}`, { cause: error });
  }
  throw new KnownLater(`there is no token for ${name}`);
}

async function exchange(settings: RestSettings, url: URL, token: string) {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(settings.timeoutMs ?? 30_000),
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw new KnownLater(`${settings.name} could not be reached for GET ${url.pathname}`, { cause: error });
  }
}

const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string().default('') }) });

function errorIn(body: unknown): { readonly code: string | undefined; readonly message: string } {
  const found = ErrorBody.safeParse(body);
  return found.success ? found.data.error : { code: undefined, message: 'without a reason' };
}

/** The text may start with a byte order mark, as .NET services are known to write. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
