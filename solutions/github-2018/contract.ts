export * from '../../outages/github-2018/contract.ts';
