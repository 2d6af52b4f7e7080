import { contract } from './contract.ts';

await contract('facebook-2021');
