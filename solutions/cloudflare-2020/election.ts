/**
 * A member campaigns when it could win: when a majority hears no leader and has no newer log (pre-vote,
 * Ongaro's thesis §9.6). A leader that does not hear a majority resigns (check-quorum, §6.2). Each of the two
 * needs the other: with the first alone, a leader that works for nobody is never replaced.
 */
import type { LogEnd, RequestVoteArgs, Rules, Self } from './contract.ts';

const SILENT_MS = 1000;
const QUORUM_MS = 1500;

export class Election implements Rules {
  readonly timeoutMs: readonly [number, number] = [1000, 2000];
  readonly #self: Self;

  constructor(self: Self) {
    this.#self = self;
  }

  onTimeout(): void {
    const { term, majority, logEnd, peers } = this.#self;
    let votes = 1;
    for (const peer of peers) {
      void this.#self.ask(peer, logEnd).then((wouldVote) => {
        if (wouldVote === true) votes++;
        else return;
        if (votes === majority && this.#self.term === term && !this.#hearsLeader()) {
          this.#self.campaign();
        }
      });
    }
  }

  considers(_args: RequestVoteArgs, _from: string): boolean {
    return true;
  }

  onHeartbeat(): void {
    const { peers, majority } = this.#self;
    const answering = peers.filter((peer) => this.#self.answeredAgoMs(peer) < QUORUM_MS);
    if (answering.length + 1 < majority) this.#self.resign();
  }

  /** Would this member vote for whoever asks? */
  answer(question: unknown): boolean {
    return !this.#hearsLeader() && this.#self.isUpToDate(question as LogEnd);
  }

  #hearsLeader(): boolean {
    return this.#self.isLeader || this.#self.leaderSilentMs < SILENT_MS;
  }
}
