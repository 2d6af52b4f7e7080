export * from '../../outages/twilio-2013/contract.ts';
