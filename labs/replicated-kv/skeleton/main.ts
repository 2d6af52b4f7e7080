/**
 * Who runs what: `s1` … is a store on its own (part A), `n1` … are replicas, `v1` is the view
 * service, `c1` … are clients. Given; the grader uses its own copy. Nothing to do here.
 */
import Client from './client.ts';
import Replica from './replica.ts';
import Store from './store.ts';
import ViewService from './view.ts';

export default { s: Store, n: Replica, v: ViewService, c: Client };
