export * from '../../outages/facebook-2010/contract.ts';
