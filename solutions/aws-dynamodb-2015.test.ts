import { contract } from './contract.ts';

await contract('aws-dynamodb-2015');
