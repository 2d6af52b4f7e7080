/** For the types of `skeleton/main.ts` only: in `work/`, your Raft stands here. */
export { default } from '../../raft/skeleton/raft.ts';
