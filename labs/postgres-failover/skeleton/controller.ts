/**
 * A controller for one machine of three. Yours to write.
 *
 * The grader starts one on each machine, in a process of its own. It sees its own server, the store, and
 * the names of the other machines; everything it can do is in `faultlab/postgres` (`PgMachine`). The
 * contract is in the handout.
 */
import { type PgMachine, sleep } from 'faultlab/postgres';

/** What is in the store under `lease`: yours to define. */
interface Lease {
  readonly holder: string;
}

const LOOKS_PER_LEASE = 6;

/** Looks after the server of this machine until the machine is switched off. */
export async function control(machine: PgMachine): Promise<never> {
  const { node, store, leaseMs, log } = machine;
  for (;;) {
    try {
      const text = await store.get('lease', { withinMs: leaseMs / 3 });
      const lease = text === '' ? undefined : (JSON.parse(text) as Lease);
      const [row] = await node.sql('SELECT pg_is_in_recovery() AS standby');
      log(`${lease?.holder ?? 'nobody'} holds the lease; ${node.name}:`, row);
      // TODO(A): the primary takes the lease, and changes it before it runs out.
      // TODO(A): a lease that nobody has changed for leaseMs is free. Who may take it, and be promoted?
      // TODO(A): all others follow the holder, whatever they were before. A server that is down is started.
      // TODO(B): an old primary may go on without its controller. Who has to stop listening to it, and when?
      // TODO(C): of two histories, which is the one that was acknowledged?
    } catch (error) {
      // The store or the server does not answer. TODO(B): may a primary go on then?
      log(error);
    }
    await sleep(leaseMs / LOOKS_PER_LEASE);
  }
}
