import type { KeyRing } from '../core/key-ring.ts';
import { seal, unseal } from '../core/seal.ts';
import type { SignUp } from './sign-up.ts';

const boundTo = (signUpId: string, id: string): string => `signups|${signUpId}|words|${id}`;

/** Seals what a person wrote down about an applicant, or where a document lies, for one contact or document of its sign-up. */
export const sealWords = (keys: KeyRing, signUpId: string, id: string, words: string): string =>
  seal(keys, boundTo(signUpId, id), words);

/** Opens it again. Throws when it was moved, changed, or its key is gone. */
export const openWords = (keys: KeyRing, signUpId: string, id: string, sealed: string): string =>
  unseal(keys, boundTo(signUpId, id), sealed);

/** The document that was named last, with where it lies; undefined when there is none, or it was erased. */
export function newestDocument(
  keys: KeyRing,
  { id, documents }: Pick<SignUp, 'id' | 'documents'>,
): { readonly reference: string; readonly sha256: string } | undefined {
  const newest = documents.at(-1);
  if (newest?.sealedReference === undefined) return undefined;
  return { reference: openWords(keys, id, newest.id, newest.sealedReference), sha256: newest.sha256 };
}
