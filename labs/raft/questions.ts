/** What `lab explain raft` asks: about a run of Figure 8, and one with power failures. */
import {
  type Explain,
  whatBegan,
  whatChanged,
  whatHappenedBefore,
  whatIfCrashed,
  whatIfLost,
  whichLine,
} from 'faultlab';

export const explain: readonly Explain[] = [
  {
    scenario: 'B4',
    questions: [
      whichLine({ method: 'appendEntries' }),
      whatBegan(),
      whatChanged(),
      whatHappenedBefore(),
      whatIfLost(),
      whatIfCrashed(),
    ],
  },
];
