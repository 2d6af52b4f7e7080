/**
 * Who becomes primary: the one whose last entry is of the highest epoch, and of these the one with the
 * longest log. A log that is longer but ends in an earlier epoch has entries that a later primary did
 * not have: they were never acknowledged, or it would have had them.
 */
import type { NodeId } from 'faultlab/node';
import type { Report } from './contract.ts';

export default function choose(reports: readonly Report[]): NodeId {
  const [best] = reports.toSorted(
    (a, b) => b.last.epoch - a.last.epoch || b.last.index - a.last.index,
  );
  return best?.replica ?? '';
}
