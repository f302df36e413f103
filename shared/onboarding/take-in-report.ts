import type { Aggregates } from '../core/aggregate.ts';
import { blindIndexes } from '../core/blind-index.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { Counters } from './counters.ts';
import { type Phone, phoneAddress } from './phone.ts';
import { tagOf } from './send-passcode.ts';
import { type DeliveryReport, decideReport, reportedBy } from './sending.ts';

export interface ReportPorts {
  readonly aggregates: Aggregates;
  readonly counters: Counters;
  readonly index: KeyRing;
}

/**
 * Takes a delivery report in. The phone is found by the blind index of the number that the report names, under any key. Answers
 * `unmatched` when no phone knows of the message: of another application, or forgotten after a day.
 */
export async function takeInReport(
  { aggregates, counters, index }: ReportPorts,
  to: string,
  report: DeliveryReport,
): Promise<'taken' | 'known' | 'unmatched'> {
  for (const phoneIndex of blindIndexes(index, 'phone', to)) {
    const phone = await aggregates.read<Phone>(phoneAddress(phoneIndex));
    const challenge = reportedBy(phone, report, tagOf);
    if (challenge === undefined) continue;
    const outcome = await aggregates.act<Phone>(phoneAddress(phoneIndex), undefined, (one) =>
      decideReport(one, report, tagOf),
    );
    if (outcome.kind !== 'committed') return 'known';
    const { statistics } = challenge.send;
    if (statistics !== undefined) {
      await counters.note(statistics, report.delivered ? 'delivered' : 'undelivered', 2 * 24 * 3600);
    }
    return 'taken';
  }
  return 'unmatched';
}
