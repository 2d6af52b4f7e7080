export * from '../../labs/raft/contract.ts';
