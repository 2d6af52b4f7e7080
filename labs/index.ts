/** The syllabus: every lab, in the order of the course, one entry each. Each is loaded on demand. */
import type { Lab, Mutant, Variant } from 'faultlab';

export interface SyllabusEntry {
  readonly slug: string;
  readonly load: () => Promise<Lab>;
  /** The known bugs of its solution. */
  readonly mutants: () => Promise<readonly Mutant[]>;
  /** Other correct submissions; none of them may be accused. */
  readonly variants: () => Promise<readonly Variant[]>;
}

type Module<T> = () => Promise<{ default: T }>;

/** One line of a syllabus. */
export const lab = (
  slug: string,
  load: Module<Lab>,
  mutants: Module<readonly Mutant[]>,
  variants?: Module<readonly Variant[]>,
): SyllabusEntry => ({
  slug,
  load: async () => (await load()).default,
  mutants: async () => (await mutants()).default,
  variants: async () => (await variants?.())?.default ?? [],
});

export const syllabus: readonly SyllabusEntry[] = [
  lab(
    'kv-server',
    () => import('./kv-server/lab.ts'),
    () => import('../solutions/kv-server/mutants.ts'),
    () => import('../solutions/kv-server/variants.ts'),
  ),
  lab(
    'clocks',
    () => import('./clocks/lab.ts'),
    () => import('../solutions/clocks/mutants.ts'),
    () => import('../solutions/clocks/variants.ts'),
  ),
  lab(
    'replicated-kv',
    () => import('./replicated-kv/lab.ts'),
    () => import('../solutions/replicated-kv/mutants.ts'),
    () => import('../solutions/replicated-kv/variants.ts'),
  ),
  lab(
    'raft',
    () => import('./raft/lab.ts'),
    () => import('../solutions/raft/mutants.ts'),
    () => import('../solutions/raft/variants.ts'),
  ),
  lab(
    'kv-raft',
    () => import('./kv-raft/lab.ts'),
    () => import('../solutions/kv-raft/mutants.ts'),
    () => import('../solutions/kv-raft/variants.ts'),
  ),
  lab(
    'sharded-kv',
    () => import('./sharded-kv/lab.ts'),
    () => import('../solutions/sharded-kv/mutants.ts'),
    () => import('../solutions/sharded-kv/variants.ts'),
  ),
  lab(
    'postgres-isolation',
    () => import('./postgres-isolation/lab.ts'),
    () => import('../solutions/postgres-isolation/mutants.ts'),
  ),
  lab(
    'postgres-lag',
    () => import('./postgres-lag/lab.ts'),
    () => import('../solutions/postgres-lag/mutants.ts'),
  ),
  lab(
    'postgres-wal-gap',
    () => import('./postgres-wal-gap/lab.ts'),
    () => import('../solutions/postgres-wal-gap/mutants.ts'),
  ),
  lab(
    'postgres-promotion',
    () => import('./postgres-promotion/lab.ts'),
    () => import('../solutions/postgres-promotion/mutants.ts'),
  ),
  lab(
    'postgres-split-brain',
    () => import('./postgres-split-brain/lab.ts'),
    () => import('../solutions/postgres-split-brain/mutants.ts'),
  ),
  lab(
    'postgres-pitr',
    () => import('./postgres-pitr/lab.ts'),
    () => import('../solutions/postgres-pitr/mutants.ts'),
  ),
  lab(
    'postgres-disk-full',
    () => import('./postgres-disk-full/lab.ts'),
    () => import('../solutions/postgres-disk-full/mutants.ts'),
  ),
  lab(
    'postgres-failover',
    () => import('./postgres-failover/lab.ts'),
    () => import('../solutions/postgres-failover/mutants.ts'),
  ),
];
