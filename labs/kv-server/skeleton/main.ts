/**
 * Who runs what: `n1` is the server, `s1` the storage service of part D, `c1` … are clients. Given;
 * the grader uses its own copy and calls the methods of `ClientProgram`. Nothing to do here.
 */
import Client from './client.ts';
import type { GetResult, KvContext, PutResult, Version, WriteReply } from './contract.ts';
import { STORAGE } from './contract.ts';
import Lease from './lease.ts';
import Lock from './lock.ts';
import Server from './server.ts';
import Storage from './storage.ts';

class StorageProgram {
  constructor(node: KvContext) {
    const storage = new Storage(node);
    node.serve('write', (args) => storage.write(args));
  }
}

class ClientProgram {
  readonly #node: KvContext;
  readonly #kv: Client;
  readonly #locks = new Map<string, Lock>();
  readonly #leases = new Map<string, Lease>();

  constructor(node: KvContext) {
    this.#node = node;
    this.#kv = new Client(node);
  }

  get(key: string): Promise<GetResult> {
    return this.#kv.get(key);
  }

  put(key: string, value: string, version: Version): Promise<PutResult> {
    return this.#kv.put(key, value, version);
  }

  acquire(name: string): Promise<void> {
    return this.#lock(name).acquire();
  }

  release(name: string): Promise<void> {
    return this.#lock(name).release();
  }

  acquireLease(name: string, leaseMs: number): Promise<number> {
    let lease = this.#leases.get(name);
    if (lease === undefined) {
      lease = new Lease(this.#kv, { name, owner: this.#node.id, leaseMs });
      this.#leases.set(name, lease);
    }
    return lease.acquire();
  }

  async renewLease(name: string): Promise<boolean> {
    return (await this.#leases.get(name)?.renew()) ?? false;
  }

  async releaseLease(name: string): Promise<void> {
    await this.#leases.get(name)?.release();
  }

  /** One attempt, by a program that believes it holds the lock; null when no reply comes. */
  async write(token: number, value: string): Promise<WriteReply | null> {
    try {
      return await this.#node.call(STORAGE, 'write', { token, value }, { timeoutMs: 500 });
    } catch {
      return null;
    }
  }

  #lock(name: string): Lock {
    let lock = this.#locks.get(name);
    if (lock === undefined) {
      lock = new Lock(this.#kv, { name, owner: this.#node.id });
      this.#locks.set(name, lock);
    }
    return lock;
  }
}

export default { n: Server, s: StorageProgram, c: ClientProgram };
