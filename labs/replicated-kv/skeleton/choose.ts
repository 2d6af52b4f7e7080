/** Who becomes primary, yours to decide: part C. */
import type { NodeId } from 'faultlab/node';
import type { Report } from './contract.ts';

/** The replica to promote. All that was ever acknowledged in mode `quorum` is on one of these. */
export default function choose(reports: readonly Report[]): NodeId {
  // TODO(C): the one with the most data. What is "most" when two logs disagree?
  return reports[0]?.replica ?? '';
}
