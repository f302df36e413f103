import type { Container } from '@azure/cosmos';
import type { SignUp, SignUpStatus } from '../onboarding/sign-up.ts';

/** One page of sign-ups of a status, newest first. Cross-partition: for people's lists. */
export async function listSignUps(
  signUps: Container,
  status: SignUpStatus,
  limit: number,
  continuation: string | undefined,
): Promise<{ readonly signUps: readonly SignUp[]; readonly next: string | undefined }> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = 'sign-up' AND c.status = @status ORDER BY c.startedAt DESC",
    parameters: [{ name: '@status', value: status }],
  };
  const options = { maxItemCount: limit, ...(continuation === undefined ? {} : { continuationToken: continuation }) };
  const page = await signUps.items.query<SignUp>(query, options).fetchNext();
  return { signUps: page.resources ?? [], next: page.continuationToken };
}
