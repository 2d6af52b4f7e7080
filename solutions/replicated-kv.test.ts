import { contract } from './contract.ts';

await contract('replicated-kv');
