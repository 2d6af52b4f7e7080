export * from '../../outages/aws-dynamodb-2015/contract.ts';
