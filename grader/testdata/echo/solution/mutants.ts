import { defineMutants } from 'faultlab';

export default defineMutants([
  {
    name: 'shouts',
    bug: 'The text comes back in capitals.',
    killedBy: 'A1',
    edit: [{ file: 'echo.ts', find: 'return text;', replace: 'return text.toUpperCase();' }],
  },
]);
