/**
 * Runs the processes of a packed application in plain Node, from the extracted archive alone: what is missing in the
 * package is missing here. tools/pack-stub.ts asks the library and, through it, the engine.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { connect } from '../../src/contract/client.ts';
import { forHosts } from '../../src/contract/studio.ts';
import { openChannels } from '../../src/contract/transports/mux.ts';
import { childPort } from '../../src/contract/transports/port.ts';
import { pipe } from '../../src/contract/transports/transport.ts';
import { optionsText } from '../../src/processes/options.ts';

/** Starts both as the main process would, adds `photos` and finds their faces; how many jobs ended and how. */
export async function runPacked(application: string, data: string, photos: string): Promise<string> {
  const start = (entry: 'library' | 'engine') =>
    fork(join(application, `dist/main/${entry}.js`), [optionsText({ data, engine: 'given', watch: false })], {
      serialization: 'advanced',
      execArgv: [],
    });
  const library = start('library');
  const engine = start('engine');
  try {
    const open = openChannels(childPort(library));
    pipe(open('engine'), childPort(engine));
    const { client } = connect(forHosts, open('host'));
    const { id } = await client.libraryHost.addFolder({ path: photos });
    for await (const { stage } of client.library.scan({ folders: [id] })) if (stage === 'done') break;
    const ids = await client.photos.ids({ limit: 10 });
    const { jobs } = await client.jobs.findFaces({ photos: ids });
    for await (const job of client.jobs.watch({})) {
      if (!jobs.includes(job.id)) continue;
      if (job.state === 'failed' || job.state === 'aside') throw new Error(job.error?.message ?? job.state);
      if (job.state === 'done') break;
    }
    const { version } = await client.settings.about({});
    return `version ${version}, ${ids.length} photo read, faces looked for`;
  } finally {
    library.kill();
    engine.kill();
  }
}
