export * from '../../outages/aws-dynamodb-dns-2025/contract.ts';
