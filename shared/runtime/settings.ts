import { z } from 'zod';

const loopback = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/;

/** Where each thing is. One schema for one machine and for Azure; secrets stand in Key Vault references there. */
const Settings = z
  .object({
    /** Cosmos DB account, e.g. `https://surety.documents.azure.com:443/`. */
    COSMOS_ENDPOINT: z.url(),
    /** Account key; without it the managed identity is used. */
    COSMOS_KEY: z.string().optional(),
    COSMOS_DATABASE: z.string().default('surety'),
    /** Connection string, or empty with `SERVICE_BUS__fullyQualifiedNamespace` for the managed identity. */
    SERVICE_BUS: z.string().optional(),
    SERVICE_BUS__fullyQualifiedNamespace: z.string().optional(),
    /** Client id of the user-assigned managed identity. */
    AZURE_CLIENT_ID: z.string().optional(),
    PARTNER_CENTER_URL: z.url().default('https://api.partnercenter.microsoft.com'),
    ARM_URL: z.url().default('https://management.azure.com'),
    /** Issuer of people's tokens, e.g. `https://login.microsoftonline.com/{tenant}/v2.0`. */
    AUTH_ISSUER: z.url(),
    AUTH_JWKS_URL: z.url(),
    /** Audience of people's tokens: the app registration's client id. */
    AUTH_AUDIENCE: z.string().min(1),
    SURETY_POLICY: z.string().min(1),
    /** Folder of the archive: raw facts, audit heads. */
    SURETY_ARCHIVE: z.string().min(1),
    /** Folder with cost exports, laid out as Cost Management writes them. Empty: no cost files. */
    COST_EXPORTS: z.string().optional(),
    /** Folder with files of activity events to take in beside the log. Empty: no such files. */
    ACTIVITY_FILES: z.string().optional(),
    /** Keys of blind indexes, one-time passcodes, sealed personal data: `2:base64,1:base64`, newest first. */
    INDEX_KEYS: z.string().optional(),
    OTP_PEPPERS: z.string().optional(),
    SEAL_KEYS: z.string().optional(),
    /** Private keys (ES256, PKCS 8, base64) that sign proofs of phone possession: `2:base64,1:base64`, newest first. */
    PROOF_KEYS: z.string().optional(),
    /** Communication Services: connection string, or endpoint for the managed identity. */
    COMMUNICATION: z.string().optional(),
    COMMUNICATION_ENDPOINT: z.url().optional(),
    /** Microsoft Graph. */
    GRAPH_URL: z.url().default('https://graph.microsoft.com'),
    /** The multi-tenant app that asks in customers' tenants, and trusts the managed identity. Empty: their security is not seen. */
    GRAPH_CLIENT_ID: z.string().optional(),
    /** Where that app gets its tokens. */
    AUTHORITY_URL: z.url().default('https://login.microsoftonline.com'),
    /** Signing secrets of the billing system's webhook (Standard Webhooks, `whsec_…`), two live ones with a comma between. */
    BILLING_WEBHOOK_SECRETS: z.string().optional(),
    /** The same for verification providers, both ways. */
    VERIFICATION_SECRETS: z.string().optional(),
    SURETY_NOW: z.iso.datetime().optional(),
  })
  .refine((settings) => settings.SURETY_NOW === undefined || loopback.test(settings.COSMOS_ENDPOINT), {
    path: ['SURETY_NOW'],
    message: 'fixes the clock and is only for a store on loopback; remove it',
  })
  .refine(
    (settings) => (settings.SERVICE_BUS ?? '') !== '' || settings.SERVICE_BUS__fullyQualifiedNamespace !== undefined,
    {
      path: ['SERVICE_BUS'],
      message: 'set it, or SERVICE_BUS__fullyQualifiedNamespace for the managed identity',
    },
  );
export type Settings = z.infer<typeof Settings>;

/**
 * Reads the settings from the environment.
 * @throws Error naming every setting that is missing or wrong; values are not printed, because some are secrets.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const parsed = Settings.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`Settings cannot be used (see local.settings.sample.json):\n${problems.join('\n')}`);
}

/** True for an address on this machine: only there may SDKs speak plain http. */
export const isLoopback = (url: string): boolean => loopback.test(url);
