/** Other correct repairs. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'election.ts', find, replace });

const CAMPAIGN = 'const { term, majority, logEnd, peers } = this.#self;';
const CONSIDERS = 'return true;\n  }\n\n  onHeartbeat';
const WOULD_VOTE = 'return !this.#hearsLeader() && this.#self.isUpToDate(question as LogEnd);';

const variants: readonly Variant[] = [
  {
    name: 'leader-stickiness',
    what: 'Nobody asks first: whoever hears a leader leaves requests for votes unread (§6), and a leader without a majority resigns.',
    edit: [
      edit(
        CAMPAIGN,
        `this.#self.campaign();\n    if (this.#self.term > 0) return;\n    ${CAMPAIGN}`,
      ),
      edit(CONSIDERS, CONSIDERS.replace('true', '!this.#hearsLeader()')),
    ],
  },
  {
    name: 'asks-for-the-leader',
    what: 'Members ask each other only whether they hear a leader, and leave the logs to the vote.',
    edit: [edit(WOULD_VOTE, 'return question !== undefined && !this.#hearsLeader();')],
  },
  {
    name: 'other-times',
    what: 'Election timeouts of 800 to 1600 ms, and a leader resigns after three seconds.',
    edit: [
      edit('= [1000, 2000];', '= [800, 1600];'),
      edit('const SILENT_MS = 1000;', 'const SILENT_MS = 800;'),
      edit('const QUORUM_MS = 1500;', 'const QUORUM_MS = 3000;'),
    ],
  },
];

export default variants;
