// Runs the benchmarks of bench/, or those named: npm run bench -- simulator
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTypeScript } from './run.mjs';

const all = readdirSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3));
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`bench: there is no benchmark "${unknown}" (known: ${all.join(', ')})`);
  process.exit(2);
}

for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n${name}`);
  if ((await runTypeScript(`bench/${name}.ts`)) !== 0) process.exitCode = 1;
}
