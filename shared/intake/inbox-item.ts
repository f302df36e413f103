import { signalMessage } from '../cases/signal-message.ts';
import { contentOf, type Decision, type Root } from '../core/aggregate.ts';
import { causeHash, signalId } from '../core/ids.ts';

/**
 * What a webhook brought. Its id is made of source and the sender's own id, so that a repetition is seen. `unread-hook`: of
 * a type that nothing here reads yet, or from another time; kept whole until something does.
 */
export interface InboxItem extends Root {
  readonly kind: 'hook' | 'unread-hook';
  readonly at: string;
  /** The sender's id: `webhook-id`. */
  readonly webhookId: string;
  readonly type: string;
  readonly bodyHash: string;
  /** The body as it came, sealed: it may be personal. */
  readonly sealedBody: string;
  /** Why it is not read, or came to nothing. */
  readonly why?: string;
  readonly effect?: 'taken-in' | 'none';
  /** Other contents that came under the same id, as hashes. */
  readonly conflicts: readonly string[];
  /** Seconds; what has been read may be tidied away, because a signature is only good for minutes. */
  readonly ttl?: number;
}

/** The same source and sender’s id are the same document. */
export const inboxId = (source: string, webhookId: string): string => `hook-${causeHash(source, webhookId)}`;

/** Where it stands: one partition a source. */
export const inboxAddress = (source: string, id: string) => ({ container: 'inbox', partition: source, id }) as const;

/** Where the body of an inbox document may stand: it opens nowhere else. */
export const bodyBoundTo = (source: string, id: string): string => `inbox|${source}|${id}|body`;

/** One delivery of a webhook whose signature was checked. */
export interface Arrival {
  /** `billing`, `verification:{provider}`. */
  readonly source: string;
  readonly webhookId: string;
  readonly type: string;
  readonly body: string;
  readonly sealedBody: string;
  /** Why nothing here reads it; undefined when it is to be taken in. */
  readonly unread: string | undefined;
}

const keptSeconds = 90 * 24 * 3600;
const mostConflicts = 10;

/**
 * Takes a delivery in, once. The same content again changes nothing; other content under the same id is refused, kept as a
 * hash and told once by a signal: one of the two was not what the sender meant. Pure.
 */
export function decideArrival(
  before: InboxItem | undefined,
  { source, webhookId, type, body, sealedBody, unread }: Arrival,
  now: Date,
): Decision<InboxItem> | undefined {
  const bodyHash = causeHash(body);
  const id = inboxId(source, webhookId);
  if (before === undefined) {
    const state = {
      ...{ id, v: 1, at: now.toISOString(), webhookId, type, bodyHash, sealedBody, conflicts: [] },
      ...(unread === undefined
        ? ({ kind: 'hook', ttl: keptSeconds } as const)
        : ({ kind: 'unread-hook', why: unread } as const)),
    };
    return { state, effects: unread === undefined ? [arrivalMessage(source, id)] : [] };
  }
  if (before.bodyHash === bodyHash || before.conflicts.includes(bodyHash)) return undefined;
  if (before.conflicts.length >= mostConflicts) return undefined;
  const state = { ...contentOf(before), conflicts: [...before.conflicts, bodyHash] };
  return { state, effects: [conflictSignal(source, before, bodyHash, now)] };
}

/** Notes what came of it, once. Pure. */
export function decideEffect(
  item: InboxItem | undefined,
  effect: 'taken-in' | 'none',
  why: string | undefined,
): Decision<InboxItem> | undefined {
  if (item === undefined || item.effect !== undefined) return undefined;
  return { state: { ...contentOf(item), effect, ...(why === undefined ? {} : { why }) } };
}

const arrivalMessage = (source: string, id: string) =>
  ({
    to: 'queue',
    queue: 'intake',
    id: `arrived-${causeHash(source, id)}`,
    lane: source,
    body: { v: 1, kind: 'hook-arrived', source, inboxId: id },
  }) as const;

function conflictSignal(source: string, item: InboxItem, bodyHash: string, now: Date) {
  const rule = {
    id: 'hook.conflict',
    version: '1',
    title: 'A webhook came twice under one id with different contents',
  };
  return signalMessage({
    v: 1,
    id: signalId(rule.id, `${item.id} ${bodyHash}`),
    party: 'partner',
    subject: 'feed',
    rule,
    points: 30,
    occurredAt: now.toISOString(),
    detectedAt: now.toISOString(),
    observed: `${source} sent ${item.type} again under the id of ${item.at}, with another content; the first one stands`,
    normal: 'a repetition has the same content',
    evidence: [{ source, ref: item.id, text: `content ${bodyHash} against ${item.bodyHash}`, at: now.toISOString() }],
    shadow: false,
  });
}
