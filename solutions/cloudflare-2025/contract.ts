export * from '../../outages/cloudflare-2025/contract.ts';
