/** Other correct repairs. */
import type { Variant } from 'faultlab';

const inBots = (find: string, replace: string) => ({ file: 'bots.ts', find, replace });
const inRollout = (find: string, replace: string) => ({ file: 'rollout.ts', find, replace });

const variants: readonly Variant[] = [
  {
    name: 'cleans-at-the-source',
    what: 'The generator leaves out what is there twice, or cannot be a weight; edges believe what they get.',
    edit: [
      inRollout(
        'async publish(file: FeatureFile): Promise<void> {',
        'async publish({ version, features }: FeatureFile): Promise<void> {\n    const byName = new Map(features.map((feature) => [feature.name, feature]));\n    const sane = [...byName.values()].filter(({ weight }) => weight > 0 && weight <= 100);\n    if (sane.length === 0 || sane.length > 20) return;\n    const file = { version, features: sane };',
      ),
      inBots(
        'const sane = features.filter(({ weight }) => weight > 0 && weight <= 100);',
        'const sane = features;',
      ),
      inBots('if (weights.size === 0 || weights.size > FEATURES_MAX) return;', ''),
    ],
  },
  {
    name: 'refuses-the-whole-file',
    what: 'A file with a weight that cannot be one is not used at all.',
    edit: [
      inBots(
        'if (weights.size === 0 || weights.size > FEATURES_MAX) return;',
        'const isSane = file.features.every(({ weight }) => weight > 0 && weight <= 100);\n    if (!isSane || weights.size === 0 || weights.size > FEATURES_MAX) return;',
      ),
    ],
  },
  {
    name: 'six-canaries',
    what: 'Twice as many edges try a file first.',
    edit: [inRollout('const CANARIES = 3;', 'const CANARIES = 6;')],
  },
  {
    name: 'other-canaries',
    what: 'The last edges try a file first, and do well when as little as a tenth of the visitors is blocked.',
    edit: [
      inRollout('edges.slice(0, CANARIES)', 'edges.slice(-CANARIES)'),
      inRollout('edges.slice(CANARIES)', 'edges.slice(0, -CANARIES)'),
      inRollout('const BLOCKED_MIN = 0.2;', 'const BLOCKED_MIN = 0.1;'),
    ],
  },
];

export default variants;
