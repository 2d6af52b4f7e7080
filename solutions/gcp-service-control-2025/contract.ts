export * from '../../outages/gcp-service-control-2025/contract.ts';
