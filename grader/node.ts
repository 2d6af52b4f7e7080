/**
 * What a node may use: the whole of `faultlab/node`.
 *
 * A node is an ordinary class. The grader makes one instance of it per simulated process, calls its
 * methods, and delivers messages to the handlers it has registered. `setTimeout`, `setInterval`,
 * `Date.now()`, `performance.now()`, `Math.random()` and `console.log()` work as usual, but belong
 * to the simulation: time is virtual and one seed reproduces every run. What has no meaning
 * inside a simulated process (files, sockets, `process`, `import()`) does not exist.
 *
 * One node runs one thing at a time, as JavaScript does: nothing else happens on this node until
 * the code that runs now reaches an `await` or returns. Everything may have changed after an
 * `await`: messages arrived, timers fired, the term moved on.
 */

/** The name of a node: `n1`, `n2`, … Unique in the cluster, the same after a restart. */
export type NodeId = string;

/** The methods that nodes call on each other: one member per RPC, from its arguments to its reply. */
export type RpcMethods<Rpcs> = { [Method in keyof Rpcs]: (args: never) => unknown };

export interface CallOptions {
  /** How long to wait for the reply, in virtual milliseconds. @default 1000 */
  readonly timeoutMs?: number;
}

/**
 * The simulated process in which a node runs; the first argument of its constructor.
 *
 * @typeParam Rpcs    the RPCs of the lab's contract, as an interface of methods
 * @typeParam Outputs what the node reports to the grader, by name
 */
export interface NodeContext<Rpcs extends RpcMethods<Rpcs>, Outputs> {
  /** The name of this node. */
  readonly id: NodeId;

  /**
   * The other nodes of the cluster, in the same order on each boot: without this one, and without
   * clients, which are known only by their requests.
   */
  readonly peers: readonly NodeId[];

  /** The disk of this node. It survives a crash; unsynced writes may not. */
  readonly disk: Disk;

  /**
   * Calls `method` on `peer` and resolves to its reply, a copy.
   *
   * The network may delay, drop, reorder and duplicate both the request and the reply. So a call
   * that fails with code `timeout` has an **unknown outcome**: the peer may have run the handler,
   * may be about to, or may never see the request.
   *
   * `args` must be plain data: `null`, booleans, numbers, strings, `Uint8Array`, arrays and plain
   * objects of these, at most 1 MiB in all.
   *
   * @throws {RpcError} `timeout`: no reply within `timeoutMs`
   * @throws {TypeError} at once, for an unknown peer, arguments that are not plain data, or, in labs
   * where all nodes run the same class, a method that this node does not serve itself
   */
  call<Method extends keyof Rpcs & string>(
    peer: NodeId,
    method: Method,
    args: Parameters<Rpcs[Method]>[0],
    options?: CallOptions,
  ): Promise<Awaited<ReturnType<Rpcs[Method]>>>;

  /**
   * Registers the handler of an RPC. It is called once per delivered request – twice for a request
   * that the network duplicated – with a copy of the arguments and the caller's name. What it
   * returns, or its promise resolves to, travels back as the reply. A handler that throws, or
   * rejects, is a crash of the program, as everywhere in a node: catch what you expect.
   *
   * @throws {TypeError} when `method` has a handler already
   */
  serve<Method extends keyof Rpcs & string>(
    method: Method,
    handler: (
      args: Parameters<Rpcs[Method]>[0],
      from: NodeId,
    ) => ReturnType<Rpcs[Method]> | Promise<Awaited<ReturnType<Rpcs[Method]>>>,
  ): void;

  /**
   * Keeps one CPU of this node busy for `costMs` of virtual time, then resolves. While all are busy it
   * waits, first come, first served. This is how labs about overload give a cost to what would have
   * none; everything else that a node does takes no time.
   * @throws {TypeError} when the cost is not a number of milliseconds, 0 or more
   */
  work(costMs: number): Promise<void>;

  /** Reports something to the grader, such as an entry that is now applied. Takes no time. */
  emit<Name extends keyof Outputs & string>(name: Name, value: Outputs[Name]): void;

  /** Writes a line into the trace, with the virtual time and this node's name. */
  log(...values: unknown[]): void;
}

/**
 * A disk with a volatile cache, as real ones have. Names are flat: no folders.
 *
 * A completed `write`, `append` or `truncate` is visible to `read` at once, but survives a crash
 * for certain only after a completed `fsync` of the same file. Of what was not synced, a crash may
 * keep all, none, a part, or a torn piece. `rename` and `remove` are atomic, and durable only
 * after `fsyncDirectory`.
 *
 * Every operation takes virtual time. One that fails with `ENOSPC` has written nothing. Operations of
 * one node finish in the order in which they were called.
 */
export interface Disk {
  /** The content as text (UTF-8), or `undefined` when there is no such file. */
  read(file: string): Promise<string | undefined>;
  /** The content as bytes, or `undefined` when there is no such file. */
  readBytes(file: string): Promise<Uint8Array | undefined>;
  /**
   * Replaces the whole content; makes the file when needed. Not atomic: a crash before `fsync` may
   * leave the old content, the new, an empty file or a torn one. To replace a file safely, write
   * another, `fsync` it, `rename` it over the first, and `fsyncDirectory`.
   * @throws {DiskError} `ENOSPC`, `EIO`
   */
  write(file: string, data: string | Uint8Array): Promise<void>;
  /** Adds at the end; makes the file when needed. @throws {DiskError} `ENOSPC`, `EIO` */
  append(file: string, data: string | Uint8Array): Promise<void>;
  /**
   * Makes everything written to the file so far durable. When it fails, what was not yet durable
   * may be gone for good, and a later successful `fsync` does not bring it back: what is appended
   * later lies behind a hole of zeros.
   * @throws {DiskError} `EIO`; `ENOENT` when there is no such file
   */
  fsync(file: string): Promise<void>;
  /**
   * Makes the renames and removals so far durable; a new file needs no more than its own `fsync`.
   * When it fails they are not durable, and the next one tries again. @throws {DiskError} `EIO`
   */
  fsyncDirectory(): Promise<void>;
  /** Atomically gives a file another name, replacing any file that had it. @throws {DiskError} `ENOENT` */
  rename(from: string, to: string): Promise<void>;
  /** Cuts the file to its first `sizeBytes` bytes. @throws {DiskError} `ENOENT` */
  truncate(file: string, sizeBytes: number): Promise<void>;
  /** Removes a file; no error when there is none. */
  remove(file: string): Promise<void>;
  /** The names of all files, sorted. */
  list(): Promise<string[]>;
}

/** Why a {@link NodeContext.call} failed. */
export type RpcErrorCode = 'timeout';

/** The rejection of {@link NodeContext.call}: the outcome of the call is unknown. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcErrorCode;
  readonly peer: NodeId;
  readonly method: string;

  constructor(code: RpcErrorCode, peer: NodeId, method: string, message: string) {
    super(message);
    this.code = code;
    this.peer = peer;
    this.method = method;
  }
}

/** Why a {@link Disk} operation failed: the error codes of POSIX. */
export type DiskErrorCode = 'EIO' | 'ENOSPC' | 'ENOENT';

/** The rejection of a {@link Disk} operation. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly file: string;

  constructor(code: DiskErrorCode, file: string, message: string) {
    super(message);
    this.code = code;
    this.file = file;
  }
}

/** Resolves after `ms` virtual milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
