/** What a page of one run holds: plain data, small enough to travel inside the page. */

export interface PageData {
  readonly title: string;
  readonly lab: string;
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: string;
  /** To paste into a terminal. */
  readonly command: string;
  /** How the run was made small, in words. */
  readonly shrunk?: string;
  readonly finding?: {
    readonly rule: string;
    readonly evidence: string;
    readonly lookAt?: string;
    readonly picture?: readonly string[];
  };
  readonly nodes: readonly string[];
  readonly events: readonly PageEvent[];
}

export interface PageEvent {
  /** Virtual milliseconds. */
  readonly at: number;
  /** Index into `nodes`; absent for what concerns the whole cluster. */
  readonly n?: number;
  /** As in a trace: send deliver drop timer disk emit log note crash … and `fail` for the violation. */
  readonly k: string;
  readonly text: string;
  /** The number of the message; a send and what becomes of it share it. */
  readonly m?: number;
  readonly method?: string;
  /** Fields of `inspect` that are different now. */
  readonly set?: Readonly<Record<string, unknown>>;
}
