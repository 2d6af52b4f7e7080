/** The syllabus: every lab in the order of the course, one line a lab. Nothing is loaded yet. */
import type { Lab, Mutant } from 'faultlab';

export interface SyllabusEntry {
  readonly slug: string;
  readonly load: () => Promise<Lab>;
  /** The known bugs of its solution. */
  readonly mutants: () => Promise<readonly Mutant[]>;
}

const lab = (
  slug: string,
  load: () => Promise<{ default: Lab }>,
  mutants: () => Promise<{ default: readonly Mutant[] }>,
): SyllabusEntry => ({
  slug,
  load: async () => (await load()).default,
  mutants: async () => (await mutants()).default,
});

export const syllabus: readonly SyllabusEntry[] = [
  lab(
    'kv-server',
    () => import('./kv-server/lab.ts'),
    () => import('../solutions/kv-server/mutants.ts'),
  ),
  lab(
    'clocks',
    () => import('./clocks/lab.ts'),
    () => import('../solutions/clocks/mutants.ts'),
  ),
  lab(
    'replicated-kv',
    () => import('./replicated-kv/lab.ts'),
    () => import('../solutions/replicated-kv/mutants.ts'),
  ),
  lab(
    'raft',
    () => import('./raft/lab.ts'),
    () => import('../solutions/raft/mutants.ts'),
  ),
  lab(
    'kv-raft',
    () => import('./kv-raft/lab.ts'),
    () => import('../solutions/kv-raft/mutants.ts'),
  ),
  lab(
    'postgres-lag',
    () => import('./postgres-lag/lab.ts'),
    () => import('../solutions/postgres-lag/mutants.ts'),
  ),
];
