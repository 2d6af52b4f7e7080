import { contract } from './contract.ts';

await contract('cloudflare-2020');
