/** The program of a process of the crew: performs the tasks that it is sent. */
import { type Answer, perform, type Task } from './crew.ts';

process.on('message', (task: Task) => {
  perform(task).then(
    (cells) => process.send?.({ cells } satisfies Answer),
    (error) => process.send?.({ error: String(error?.stack ?? error) } satisfies Answer),
  );
});
