/** Who did it, as the token's claims say. Ids and addresses are in lower case. */
export interface Actor {
  /** What the actor is compared by: the REST form's `caller`, a user's UPN or a service principal's object id. */
  readonly key: string;
  readonly kind: 'user' | 'service-principal' | 'unknown';
  readonly upn: string | undefined;
  readonly objectId: string | undefined;
  readonly appId: string | undefined;
  /** The actor's home tenant: a partner that acts on behalf of its customer shows the partner's. */
  readonly tenantId: string | undefined;
  readonly name: string | undefined;
  readonly ip: string | undefined;
  /** How the actor signed in, e.g. `pwd`, `rsa`, `mfa`. */
  readonly methods: readonly string[];
}

/** Key of an actor of whom the event says nothing. */
export const unknownActor = 'unknown';

const identity = 'http://schemas.microsoft.com/identity/claims/';
const soap = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';

/**
 * Reads the actor out of the claims (URIs or short names) and what the form says beside them. The diagnostic stream has
 * no `caller`: it is taken from the claims there.
 */
export function claimsActor(
  claims: Readonly<Record<string, unknown>>,
  caller: string | undefined,
  ip: string | undefined,
): Actor {
  const claim = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = claims[name];
      if (typeof value === 'string' && value !== '') return value;
    }
    return undefined;
  };
  const objectId = claim(`${identity}objectidentifier`, 'oid')?.toLowerCase();
  const appId = claim('appid', 'azp')?.toLowerCase();
  const upn = (claim(`${soap}upn`, 'upn') ?? (caller?.includes('@') ? caller : undefined))?.toLowerCase();
  return {
    key: upn ?? caller?.toLowerCase() ?? objectId ?? appId ?? unknownActor,
    kind: upn !== undefined ? 'user' : isApp(claim('idtyp'), claim('appidacr')) ? 'service-principal' : 'unknown',
    upn,
    objectId,
    appId,
    tenantId: claim(`${identity}tenantid`, 'tid')?.toLowerCase(),
    name: claim('name'),
    ip: ip ?? claim('ipaddr'),
    methods: (claim('http://schemas.microsoft.com/claims/authnmethodsreferences', 'amr') ?? '')
      .split(',')
      .filter((method) => method !== ''),
  };
}

/** `appidacr` 1 and 2 are a secret and a certificate: with no user beside it, an application. */
const isApp = (idtyp: string | undefined, appidacr: string | undefined): boolean =>
  idtyp === 'app' || appidacr === '1' || appidacr === '2';
