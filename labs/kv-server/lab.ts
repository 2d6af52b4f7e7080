/** A key-value server and a lock: the definition of the lab. */
import { defineLab } from 'faultlab';
import { invariants } from './invariants.ts';
import { explain } from './questions.ts';
import { lease } from './scenarios/lease.ts';
import { lock } from './scenarios/lock.ts';
import { network } from './scenarios/network.ts';
import { server } from './scenarios/server.ts';

export default defineLab({
  slug: 'kv-server',
  title: 'A key-value server and a lock',
  summary: 'What a timeout means: retries, versions, the answer “maybe”, leases and fences.',
  entry: 'server.ts',
  program: 'main.ts',
  given: ['contract.ts', 'main.ts'],
  methods: {
    n: [],
    s: [],
    c: ['get', 'put', 'acquire', 'release', 'acquireLease', 'renewLease', 'releaseLease', 'write'],
  },
  hours: '5–10',
  invariants,
  explain,
  parts: [
    { id: 'A', title: 'A server', scenarios: server },
    { id: 'B', title: 'A lossy network', needs: ['A'], scenarios: network },
    { id: 'C', title: 'A lock', needs: ['B'], scenarios: lock },
    { id: 'D', title: 'A lease and a fence', needs: ['B'], scenarios: lease },
  ],
});
