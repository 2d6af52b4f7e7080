import { expect, it, vi } from 'vitest';
import { main } from './main.ts';

async function lab(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

it('names the nearest command', async () => {
  expect(await lab('tset')).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "lab: there is no command "tset"; did you mean test?
      allowed: list, start, test, replay, view, up, shell, logs, verify, down, hint,
               explain, status, progress, diff, reset, grade, batch, merge, compare,
               new, check, export, pack, seed-set, check-history, doctor, demo
      do: lab --help
    ",
      "out": "",
    }
  `);
});

it('gives commands as they have to be typed', async () => {
  vi.stubEnv('npm_command', 'exec');
  expect((await lab('start')).err).toContain('do: npx lab start --help');
  vi.unstubAllEnvs();
});

it('names the nearest option', async () => {
  expect(await lab('test', '--sed', '3')).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "lab: there is no option --sed of "lab test"; did you mean --seed?
      allowed: --part, --scenario, --seeds, --seed, --watch, --with-reference,
               --inspect, --json, --jobs, --shrink-budget, --help
      do: lab test --help
    ",
      "out": "",
    }
  `);
});

it('says which argument is missing', async () => {
  expect(await lab('start')).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "lab: missing required argument 'lab'
      do: lab start --help
    ",
      "out": "",
    }
  `);
});

it('says what a number should be', async () => {
  expect(await lab('test', '--seeds', 'many')).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "lab: --seeds got "many"
      do: give a whole number of at least 1, such as --seeds 3
    ",
      "out": "",
    }
  `);
});

it('prints help in at most 80 columns', async () => {
  const { code, out } = await lab('--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage: lab');
  expect(out).not.toContain('home');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
