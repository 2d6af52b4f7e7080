import { contract } from './contract.ts';

await contract('sharded-kv');
