/**
 * The student's own Raft of the Raft lab, five nodes of it beside the members: proposes commands to whoever
 * leads, and counts those that are applied.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Link } from './store.ts';

const PROPOSE_EVERY_MS = 200;
const COMMITTED_PERCENT = 80;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface State {
  readonly role: string;
  readonly term: number;
}

export class OwnRaft {
  readonly #cluster: Cluster;
  readonly #nodes: readonly string[];
  readonly #proposedAtMs: number[] = [];
  readonly #applied = new Set<number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#nodes = fleet(cluster, 'r');
    cluster.onEmit((node, name, value) => {
      const { command } = value as { readonly command?: unknown };
      if (name === 'apply' && this.#nodes.includes(node)) this.#applied.add(Number(command ?? -1));
    });
    this.#propose();
  }

  /** The same links as between the members. */
  cut(links: readonly Link[], forMs: number): void {
    this.#cutPairs(
      links.map(([a, b]) => [`r${a}`, `r${b}`]),
      forMs,
    );
  }

  /** Everybody reaches one node only, and that one does not lead. */
  oneHearsAll(forMs: number): void {
    const leader = this.#leader();
    const hub = this.#nodes.find((node) => node !== leader);
    const spokes = this.#nodes.filter((node) => node !== hub);
    this.#cluster.mark(`of your Raft only ${hub} hears all; ${leader ?? 'nobody'} leads`);
    this.#cutPairs(
      spokes.flatMap((a) => spokes.filter((b) => a < b).map((b) => [a, b] as const)),
      forMs,
    );
  }

  /** Most of what was proposed in the last `ms` has been applied. */
  expectCommits(ms: number, words: string): void {
    const fromMs = this.#cluster.nowMs - ms;
    const numbers = this.#proposedAtMs.flatMap((atMs, n) => (atMs >= fromMs ? [n] : []));
    const applied = numbers.filter((n) => this.#applied.has(n)).length;
    const percent = (100 * applied) / numbers.length;
    const states = this.#nodes.map((node) => {
      const state = this.#cluster.inspect(node) as State | undefined;
      return `${node} ${state?.role ?? 'down'} t${state?.term ?? '?'}`;
    });
    this.#cluster.expect(percent >= COMMITTED_PERCENT, {
      kind: 'liveness',
      ruleId: 'own-raft',
      rule: `Your own Raft commits ${COMMITTED_PERCENT} % of what it is given, ${words} (handout, The bars)`,
      evidence: `from ${at(fromMs)} to ${at(this.#cluster.nowMs)} it was ${percent.toFixed(0)} %; ${states.join(', ')}`,
      lookAt: 'what have you built in part E of the Raft lab that was missing here?',
    });
  }

  #cutPairs(pairs: readonly (readonly string[])[], forMs: number): void {
    for (const [a = '', b = ''] of pairs) {
      this.#cluster.cut(a, b);
      this.#cluster.cut(b, a);
    }
    this.#cluster.after(forMs, () => {
      for (const [a = '', b = ''] of pairs) {
        this.#cluster.mend(a, b);
        this.#cluster.mend(b, a);
      }
    });
  }

  /** Proposes a command five times a second to the leader of the highest term; without one, it counts as not applied. */
  #propose(): void {
    this.#cluster.after(PROPOSE_EVERY_MS, () => {
      const number = this.#proposedAtMs.push(this.#cluster.nowMs) - 1;
      const leader = this.#leader();
      if (leader !== undefined) this.#cluster.invoke(leader, 'propose', String(number));
      this.#propose();
    });
  }

  #leader(): string | undefined {
    const leaders = this.#nodes.flatMap((node) => {
      const state = this.#cluster.inspect(node) as State | undefined;
      return state?.role === 'leader' ? [{ node, term: state.term }] : [];
    });
    return leaders.sort((a, b) => b.term - a.term)[0]?.node;
  }
}
