import type { ServerResponse } from 'node:http';
import type { HttpCookie, InvocationResponse } from './worker-types.ts';

/** Answers with what the handler returned; nothing returned is 204, as in Azure. `head` sends no body. */
export function sendResponse(response: ServerResponse, invocation: InvocationResponse): void {
  const http = invocation.returnValue?.http;
  if (http === undefined || http === null) {
    response.writeHead(204).end();
    return;
  }
  const status = Number(http.statusCode);
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    // Framing is this server's business.
    if (!/^(transfer-encoding|connection|keep-alive|content-length)$/i.test(name)) response.setHeader(name, value);
  }
  for (const cookie of http.cookies ?? []) response.appendHeader('set-cookie', serializeCookie(cookie));
  const bytes = http.body?.bytes ?? undefined;
  const bodiless = status === 204 || status === 304 || status < 200;
  if (!bodiless) response.setHeader('content-length', bytes?.byteLength ?? 0);
  response.writeHead(status);
  response.end(bodiless ? undefined : bytes);
}

/** RFC 6265 `Set-Cookie`; the value is percent-encoded as ASP.NET Core does. */
export function serializeCookie(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.expires !== undefined)
    parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path !== undefined) parts.push(`Path=${cookie.path.value}`);
  if (cookie.secure?.value === true) parts.push('Secure');
  if (cookie.httpOnly?.value === true) parts.push('HttpOnly');
  if (cookie.sameSite === 'lax') parts.push('SameSite=Lax');
  if (cookie.sameSite === 'strict') parts.push('SameSite=Strict');
  if (cookie.sameSite === 'explicitNone') parts.push('SameSite=None');
  return parts.join('; ');
}
