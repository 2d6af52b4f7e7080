export * from '../../outages/cloudflare-2020/contract.ts';
