/** For the types of `skeleton/program.ts` only: in `work/`, your own Raft is here. */
export { default } from '../../../labs/raft/skeleton/raft.ts';
