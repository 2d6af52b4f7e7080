/** Echo: the smallest lab there is. A node answers a text with the same text. */
import { defineLab } from 'faultlab';

export default defineLab({
  slug: 'echo',
  title: 'Echo',
  summary: 'A node sends back what it was sent, also when others are cut off.',
  entry: 'echo.ts',
  given: [],
  methods: ['echo'],
  hours: '1',
  invariants: () => [],
  parts: [
    {
      id: 'A',
      title: 'Answer',
      scenarios: [
        {
          id: 'A1',
          title: 'a text comes back while other nodes are cut off',
          points: 100,
          nodes: 3,
          lookAt: 'does the answer need anybody else? (handout, The contract)',
          run(cluster) {
            const [n1 = '', ...others] = cluster.nodes;
            cluster.partition([n1], others);
            let answer: unknown;
            cluster.request(n1, 'echo', ['hello'], (outcome) => {
              answer = outcome.ok ? outcome.value : outcome.error;
            });
            cluster.runUntil(() => answer !== undefined, 1000);
            cluster.expect(answer === 'hello', {
              ruleId: 'echo',
              rule: 'A text comes back within a second (handout, The contract)',
              evidence: `"hello" was sent to ${n1}; after 1 s the answer was ${String(answer)}`,
            });
          },
        },
      ],
    },
  ],
});
