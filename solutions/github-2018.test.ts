import { contract } from './contract.ts';

await contract('github-2018');
