export * from '../../outages/gitlab-2017/contract.ts';
