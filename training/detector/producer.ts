/**
 * A worker that draws batches ahead of the training, so that drawing and learning go on at once. train.ts asks it for batch
 * number i; tasks.ts says what is in it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../src/domain/errors.ts';
import { readPortraits } from './portraits.ts';
import { tasks } from './tasks.ts';
import type { TaskName } from './tasks.ts';

export interface ProducerOptions {
  readonly task: TaskName;
  readonly portraits: string;
  readonly labels: string;
  readonly seed: number;
}

const port = parentPort;
invariant(port, 'a worker has a port');
const { task, portraits, labels, seed } = workerData as ProducerOptions;
const all = await readPortraits(portraits, labels, false);
invariant(all.length > 0, 'there are portraits with faces');
port.on('message', (index: number) => {
  port.postMessage(tasks[task].draw(all, seed, index));
});
