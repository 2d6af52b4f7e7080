export * from '../../labs/kv-raft/contract.ts';
