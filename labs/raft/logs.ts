/**
 * The logs of all nodes at every moment of a run, as far as the wire proves them: what a leader sends is
 * in its log, and what a follower confirms is in the follower's.
 */
import type { NodeId, RunEvent, RunRecord } from 'faultlab';
import type { AppendEntriesArgs, AppendEntriesReply, LogEntry, LogIndex } from './contract.ts';

/** A follower confirms an entry where it held another one. */
export interface Overwriting {
  /** The reply that confirms it. */
  readonly event: RunEvent;
  readonly node: NodeId;
  readonly leader: NodeId;
  readonly index: LogIndex;
  readonly before: LogEntry;
  readonly after: LogEntry;
  /** The nodes that held the old entry until then, this one included. */
  readonly holders: readonly NodeId[];
}

export class Logs {
  readonly #logs = new Map<NodeId, Map<LogIndex, LogEntry>>();
  readonly overwritings: Overwriting[] = [];

  /** Up to the event with number `until`; the whole run when absent. */
  constructor(run: RunRecord, until = Number.POSITIVE_INFINITY) {
    for (const event of run.all('send')) {
      if (event.number > until) break;
      const { wire } = event.facts;
      if (wire?.method !== 'appendEntries') continue;
      const args = (wire.kind === 'request' ? wire.body : wire.args) as AppendEntriesArgs;
      if (wire.kind === 'reply' && (wire.body as AppendEntriesReply).success !== true) continue;
      args.entries.forEach((entry, i) => {
        this.#put(event, wire.from, args, { index: args.prevLogIndex + 1 + i, entry });
      });
    }
  }

  #put(
    event: RunEvent,
    node: NodeId,
    { leaderId }: AppendEntriesArgs,
    { index, entry }: { index: LogIndex; entry: LogEntry },
  ): void {
    const before = this.at(node, index);
    if (before !== undefined && before.term !== entry.term) {
      const holders = this.holdersOf(index, before);
      const after = entry;
      if (node !== leaderId)
        this.overwritings.push({ event, node, leader: leaderId, index, before, after, holders });
      for (const later of [...this.#log(node).keys()])
        if (later > index) this.#log(node).delete(later);
    }
    this.#log(node).set(index, entry);
  }

  #log(node: NodeId): Map<LogIndex, LogEntry> {
    const log = this.#logs.get(node) ?? new Map<LogIndex, LogEntry>();
    this.#logs.set(node, log);
    return log;
  }

  at(node: NodeId, index: LogIndex): LogEntry | undefined {
    return this.#log(node).get(index);
  }

  /** The last entry that is proved to be there; undefined if none is. */
  last(node: NodeId): { index: LogIndex; term: number } | undefined {
    const index = Math.max(0, ...this.#log(node).keys());
    const entry = this.at(node, index);
    return entry && { index, term: entry.term };
  }

  holdersOf(index: LogIndex, { term, command }: LogEntry): NodeId[] {
    return [...this.#logs.keys()].sort().filter((node) => {
      const own = this.at(node, index);
      return own?.term === term && own.command === command;
    });
  }
}
