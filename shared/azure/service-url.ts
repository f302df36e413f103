/** Whether this host is this machine. */
export const isLoopback = (url: URL): boolean =>
  url.hostname === '127.0.0.1' || url.hostname === 'localhost' || url.hostname === '[::1]';

/**
 * The base URL of a service that is sent bearer tokens: https, or http on loopback. Throws on anything else, and on user
 * information, query or fragment. `setting` names where the text came from; `allowHttp` false refuses http on loopback too.
 */
export function serviceUrl(text: string, setting: string, allowHttp = true): URL {
  const url = URL.parse(text);
  if (url === null) throw new Error(`${setting} is no URL: ${text}`);
  const safe = url.protocol === 'https:' || (allowHttp && url.protocol === 'http:' && isLoopback(url));
  if (!safe) throw new Error(`${setting} must be https (http only on loopback): ${url.origin}`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(`${setting} must be a plain base URL, without user, query or fragment: ${url.origin}`);
  }
  return url;
}
