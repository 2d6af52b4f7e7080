export * from '../../labs/kv-server/contract.ts';
