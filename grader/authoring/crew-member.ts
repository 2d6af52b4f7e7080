/** The program of a process of the crew: performs the tasks that it is sent. */
import { type Answer, perform, type Task } from './crew.ts';

// Whoever asked has gone, and nobody waits for an answer.
process.on('disconnect', () => process.exit());

process.on('message', (task: Task) => {
  perform(task).then(
    (cells) => process.send?.({ cells } satisfies Answer),
    (error) => process.send?.({ error: String(error?.stack ?? error) } satisfies Answer),
  );
});
