import { contract } from './contract.ts';

await contract('twilio-2013');
