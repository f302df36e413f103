import type { TokenCredential, TokenCredentialOptions } from '@azure/identity';

/** By what the product shows who it is. */
export type CredentialSettings =
  /** The identity of the Function App; `clientId` picks a user-assigned one. */
  | { readonly kind: 'managed-identity'; readonly clientId?: string }
  /** App-only with a secret, e.g. for Partner Center in the partner's tenant. */
  | {
      readonly kind: 'client-secret';
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret: string;
      /** Absent: `https://login.microsoftonline.com`. */
      readonly authorityHost?: string;
    }
  /** App-only with a token of another identity that the app trusts, instead of a secret. */
  | {
      readonly kind: 'federated';
      readonly tenantId: string;
      readonly clientId: string;
      readonly assertion: () => Promise<string>;
      readonly authorityHost?: string;
    };

/**
 * A token credential from settings. `@azure/identity` is loaded and asked on first use; it keeps tokens until shortly
 * before they expire. `transport` carries its HTTP elsewhere.
 */
export function createCredential(
  settings: CredentialSettings,
  transport: Pick<TokenCredentialOptions, 'httpClient'> = {},
): TokenCredential {
  let made: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      made ??= make(settings, transport);
      return (await made).getToken(scopes, options);
    },
  };
}

/** The app's own identity: its managed identity; `clientId` picks a user-assigned one. */
export const appCredential = (clientId?: string): TokenCredential =>
  createCredential({ kind: 'managed-identity', ...(clientId === undefined ? {} : { clientId }) });

async function make(
  settings: CredentialSettings,
  transport: Pick<TokenCredentialOptions, 'httpClient'>,
): Promise<TokenCredential> {
  const { ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } = await import(
    '@azure/identity'
  );
  if (settings.kind === 'managed-identity') {
    const retryOptions = { maxRetries: 1 };
    const { clientId } = settings;
    return new ManagedIdentityCredential({
      retryOptions,
      ...transport,
      ...(clientId === undefined ? {} : { clientId }),
    });
  }
  const { tenantId, clientId, authorityHost } = settings;
  const options = {
    retryOptions: { maxRetries: 1 },
    ...transport,
    ...(authorityHost === undefined ? {} : { authorityHost }),
  };
  if (settings.kind === 'federated') {
    return new ClientAssertionCredential(tenantId, clientId, settings.assertion, options);
  }
  return new ClientSecretCredential(tenantId, clientId, settings.clientSecret, options);
}
