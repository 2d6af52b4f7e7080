import { contract } from './contract.ts';

await contract('kv-raft');
