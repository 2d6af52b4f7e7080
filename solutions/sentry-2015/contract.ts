export * from '../../outages/sentry-2015/contract.ts';
