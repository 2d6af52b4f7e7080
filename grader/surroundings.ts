/** What a process and the cluster around it know of each other. */
import type { NodeId } from './node.ts';
import type { Process } from './process.ts';
import type { Simulation } from './sim/simulation.ts';
import type { TraceFacts } from './sim/trace.ts';

/** Who called, so that the reply finds its way back. */
export interface Origin {
  readonly caller: Process;
  readonly callerLife: number;
  readonly callId: number;
  readonly method: string;
  /** A copy for observers; undefined when nobody watches. */
  readonly args: unknown;
}

/** What a process needs from the cluster. */
export interface Surroundings {
  readonly simulation: Simulation;
  /** Names of the methods that this node must have, with spaces between. */
  methodsOf(node: NodeId): string;
  peersOf(node: NodeId): string;
  sendRequest(
    from: Process,
    to: NodeId,
    method: string,
    args: unknown,
    callId: number,
    timeoutMs: number,
  ): string;
  sendReply(from: Process, origin: Origin, value: unknown): string;
  emitted(from: Process, name: string, value: unknown): void;
  fsync(process: Process, phase: 'begin' | 'done'): void;
  /** After every piece of the submission that has run. */
  stepped(process: Process): void;
  /** Where in the submission a stack leads, to stand behind an error: ` at raft.ts:41:7`, or ''. */
  placeOf(stack: string): string;
  programFailed(
    process: Process,
    kind: 'crash' | 'contract',
    doing: string,
    text: string,
    stack: string,
  ): void;
  /** A trace entry: always hashed, put into words only when somebody wants them. */
  mark(
    kind: TraceKind,
    process: Process | undefined,
    detail: number,
    words?: () => string,
    facts?: TraceFacts,
  ): void;
  /** A trace entry about a call of the workload or an RPC's timeout: not hashed. */
  tell(kind: TraceKind, process: Process, words: () => string, facts?: TraceFacts): void;
  /** Whether there is a trace at all. */
  readonly keepsTrace: boolean;
  /** Whether the trace keeps which line of code sent what. */
  readonly keepsStacks: boolean;
  /** How many records the trace has: the place of the next one. */
  readonly recorded: number;
  crashed(process: Process): void;
  booted(process: Process): void;
}

export type TraceKind =
  | 'boot'
  | 'restart'
  | 'crash'
  | 'pause'
  | 'resume'
  | 'fault'
  | 'send'
  | 'deliver'
  | 'drop'
  | 'timer'
  | 'disk'
  | 'work'
  | 'emit'
  | 'state'
  | 'log'
  | 'note'
  | 'fail'
  | 'calm'
  /** A call of the workload into a node, its answer, and an RPC that ran out of time: told, not hashed. */
  | 'call'
  | 'return'
  | 'timeout';

export interface CrashPoint {
  readonly boundary: 'fsync' | 'write' | 'send';
  remaining: number;
  readonly method: string | undefined;
}
