/**
 * A finetune in a process of its own, for resume.test.ts to kill: `node killed-run.ts FOLDER`. Says each step on standard
 * output; its state is large enough that many kills fall into the writing of a checkpoint.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { finetune } from '../../../src/engine/finetune.ts';
import { FakeTrainer, follow, recipe, request } from './fake-trainer.ts';

const [folder = '.'] = process.argv.slice(2);
const run = finetune(
  new FakeTrainer(2, 100_000),
  request(join(folder, 'run.safetensors'), { recipe: recipe({ steps: 70 }) }),
);
const { result } = await follow(run, (event) => {
  if (event.kind === 'step') writeSync(1, `${event.step}\n`);
  return false;
});
writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
