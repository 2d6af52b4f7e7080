import { contract } from './contract.ts';

await contract('aws-dynamodb-dns-2025');
