export * from '../../labs/clocks/contract.ts';
