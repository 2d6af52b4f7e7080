export * from '../../labs/replicated-kv/contract.ts';
