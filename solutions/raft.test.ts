import { contract } from './contract.ts';

await contract('raft');
