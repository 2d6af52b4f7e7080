/** For the types of `skeleton/program.ts` only: in `work/`, your Raft stands here. */
export { default } from '../../../labs/raft/skeleton/raft.ts';
