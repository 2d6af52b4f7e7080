#!/usr/bin/env node
// The command. Runs the compiled form in dist/, after compiling it again when a source is newer.
// The only file that ends the process; everything else returns an exit code.
import { isStale } from './stale.mjs';

async function run() {
  if (isStale()) {
    const { build } = await import('../scripts/build.mjs');
    try {
      await build();
    } catch (error) {
      process.stderr.write(`lab: the grader's own sources do not compile: ${error.message}\n`);
      return 3;
    }
  }
  const { main } = await import('../dist/cli/main.js');
  return main(process.argv.slice(2));
}

function reportFault(error) {
  const text = String(error?.message ?? error).split('\n')[0];
  process.stderr.write(
    `lab: ${text} – this is a fault in the grader or the machine, not in your code (DEBUG=1 says where)\n`,
  );
  if (process.env.DEBUG) process.stderr.write(`${error?.stack ?? error}\n`);
  return 3;
}

/** Ends the process once everything that was printed has been written out. */
function end(code) {
  process.stderr.write('', () => process.stdout.write('', () => process.exit(code)));
}

// `lab … | head` closes the pipe early; that is not a fault.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 3));
process.on('uncaughtException', (error) => end(reportFault(error)));

end(await run().catch(reportFault));
