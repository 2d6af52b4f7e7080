import { defineMutants, plantIn } from 'faultlab';

const controller = plantIn('controller.ts');

export default defineMutants([
  controller('impatient', {
    bug: 'The lease counts as expired before the next sign of life is due.',
    by: 'A1',
    find: 'return performance.now() - this.#seenAtMs > this.#machine.leaseMs;',
    put: 'return performance.now() - this.#seenAtMs > this.#machine.leaseMs / 20;',
  }),
  controller('patient', {
    bug: 'To be on the safe side, an expired lease is left alone for a few more periods.',
    by: 'A2',
    find: 'return performance.now() - this.#seenAtMs > this.#machine.leaseMs;',
    put: 'return performance.now() - this.#seenAtMs > 8 * this.#machine.leaseMs;',
  }),
  controller('first-come', {
    bug: 'Whoever gets the lease is promoted, whatever it has received.',
    by: 'A2',
    common: true,
    shown: true,
    find: 'promised.sort((a, b) => b.history - a.history || Number(b.end - a.end));',
    put: 'promised.sort((a, b) => Number(b.name === this.#me) - Number(a.name === this.#me));',
  }),
  controller('no-fence', {
    bug: 'The holder of the lease promotes its server at once: the lease is thought to be enough.',
    by: 'B1',
    common: true,
    find: 'if (promised.length < 2) return undefined;',
    put: 'if (promised.length < 1) return undefined;',
  }),
  {
    name: 'keeps-its-history',
    bug: 'The old primary becomes a standby as it is, with rows that nobody else has.',
    killedBy: 'B2',
    common: true,
    edit: [
      { file: 'controller.ts', find: 'if (isBeyond) return this.#copy(lease);', replace: '' },
      {
        file: 'controller.ts',
        find: 'if (await this.#isPrimary()) return this.#copy(lease);',
        replace: 'await this.#demote();',
      },
      {
        file: 'controller.ts',
        find: 'if (silentMs > 4 * leaseMs)',
        replace: 'if (silentMs > 400 * leaseMs)',
      },
      {
        file: 'controller.ts',
        find: '  // ── This server ',
        replace: `  async #demote(): Promise<void> {
    if (!(await this.#isPrimary())) return;
    await this.#machine.node.stop('immediate');
    await this.#startAsStandby();
  }

  // ── This server `,
      },
    ],
  },
  controller('does-not-step-down', {
    bug: 'A primary that cannot renew its lease stays one, as long as nobody objects.',
    by: 'B3',
    common: true,
    find: 'if (performance.now() < this.#heldUntilMs || this.#text',
    put: "if (this.#me !== '' || this.#text",
  }),
  controller('ends-on-error', {
    bug: 'An error ends the controller: a store that does not answer is the end of it.',
    by: 'B3',
    find: 'await this.#stepDown();\n      }',
    put: 'await this.#stepDown();\n        throw error;\n      }',
  }),
  controller('length-only', {
    bug: 'The longest log is promoted, whoever wrote its end.',
    by: 'C1',
    common: true,
    find: 'b.history - a.history || Number(b.end - a.end)',
    put: 'Number(b.end - a.end)',
  }),
  controller('asynchronous', {
    bug: 'The second primary waits for nobody: quorum mode is lost in the failover.',
    by: 'C1',
    common: true,
    find: 'synchronous_standby_names: `ANY 1',
    put: "synchronous_commit: 'local', synchronous_standby_names: `ANY 1",
  }),
  controller('deletes-first', {
    bug: 'A server gives up its data before it has the copy, and the primary dies meanwhile.',
    by: 'C1',
    find: "await node.run('mv', node.dataDir, this.#aside);",
    put: 'await node.remove();',
  }),
]);
