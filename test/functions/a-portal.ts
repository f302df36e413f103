import { z } from 'zod';
import type { RunningApp } from './an-app.ts';

const Started = z.strictObject({ challengeId: z.string(), expiresAt: z.iso.datetime(), resendAfter: z.iso.datetime() });
const Proven = z.strictObject({ proof: z.string(), expiresAt: z.iso.datetime() });
const Sent = z.object({ smsRecipients: z.tuple([z.object({ to: z.string() })]), message: z.string() });

/** Policy of passcodes to Greek numbers, roomy enough for many tests at once. */
export const greekPasscodes = (over: Readonly<Record<string, unknown>> = {}) => ({
  onboarding: {
    otp: { domain: 'signup.fabrikam.example', sender: '+302100000000', countries: ['GR'], ...over },
  },
});

/** The sign-up page of a partner, and the handsets behind it. */
export function aPortal(app: RunningApp) {
  const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    await fetch(`${app.host.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    post,
    /** Asks for a code and lets the message go out. */
    async start(request: string | Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>) {
      const body = typeof request === 'string' ? { purpose: 'sign-up', phone: request } : request;
      const answer = await post('/api/otp', body, headers);
      if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
      const started = Started.parse(await answer.json());
      await app.settled();
      return started;
    },
    verify: (challengeId: string, code: string, headers?: Readonly<Record<string, string>>) =>
      post(`/api/otp/${challengeId}/verify`, { code }, headers),
    async prove(challengeId: string, code: string) {
      const answer = await post(`/api/otp/${challengeId}/verify`, { code });
      if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
      return Proven.parse(await answer.json());
    },
    /** Codes that reached a handset, oldest first. */
    codesOf: (phone: string): readonly string[] => textsOf(app, phone).flatMap((text) => /\d{6}/.exec(text) ?? []),
    textsOf: (phone: string) => textsOf(app, phone),
  };
}

function textsOf(app: RunningApp, phone: string): readonly string[] {
  const reached = app.communication.writes().filter((write) => write.effective);
  return reached.flatMap(({ body }) => {
    const sent = Sent.parse(JSON.parse(body));
    return sent.smsRecipients[0].to === phone ? [sent.message] : [];
  });
}
