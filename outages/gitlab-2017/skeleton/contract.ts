export * from '../contract.ts';
