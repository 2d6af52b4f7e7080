export * from '../../labs/sharded-kv/contract.ts';
