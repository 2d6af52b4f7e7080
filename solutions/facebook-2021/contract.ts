export * from '../../outages/facebook-2021/contract.ts';
