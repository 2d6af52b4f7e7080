import { contract } from './contract.ts';

await contract('gcp-service-control-2025');
