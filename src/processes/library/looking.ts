/**
 * The job that looks for faces in photos, each photo's in a transaction of its own; a run that is killed goes on where it
 * was. engine/looking.ts is the engine's side.
 */
import * as v from 'valibot';
import type { FacesFound } from '../../contract/engine.ts';
import { UserError } from '../../domain/errors.ts';
import { payloadOf } from '../../services/jobs/payloads.ts';
import type { Ending, Worker, Working } from '../../services/jobs/ports.ts';
import { photoSubject } from './subjects.ts';
import { workFolder, dropWork } from './work.ts';
import type { WorkParts } from './work.ts';

const Kept = v.object({ done: v.number(), unreadable: v.number() });

export function facesWorker(parts: WorkParts): Worker {
  return {
    run: (working) => lookAtAll(parts, working),
    force: () => parts.engine.end(),
    cleanUp: (job) => dropWork(parts.dataFolder, job),
  };
}

async function lookAtAll(parts: WorkParts, working: Working): Promise<Ending> {
  const { job, signal, progress, keep } = working;
  const { photos } = payloadOf('faces', job.payload);
  const before = v.safeParse(Kept, JSON.parse(job.result ?? 'null'));
  let { done, unreadable } = before.success && job.run > 1 ? before.output : { done: 0, unreadable: 0 };
  const begun = { at: performance.now(), done };
  for (const photo of photos.slice(done)) {
    signal.throwIfAborted();
    const each = done > begun.done ? (performance.now() - begun.at) / 1000 / (done - begun.done) : null;
    progress({
      stage: 'finding faces',
      done,
      of: photos.length,
      etaSeconds: each === null ? null : each * (photos.length - done),
    });
    try {
      await lookAtOne(parts, photo, job.id);
    } catch (error) {
      const ofPhoto = error instanceof UserError && /^(photo\.|missing)/.test(error.code);
      if (!ofPhoto || photos.length === 1) throw error;
      unreadable++;
    }
    keep({ done: ++done, unreadable });
  }
  return { result: { done, unreadable }, after: () => dropWork(parts.dataFolder, job) };
}

/** Finds the faces of a photo and keeps them. Throws UserError `missing`, `photo.unreadable`. */
export async function lookAtOne(
  { db, dataFolder, engine, setups, people }: WorkParts,
  id: string,
  job: string,
): Promise<void> {
  const setup = await setups.current();
  const photo = await photoSubject(db, id, workFolder(dataFolder, job));
  const found = await engine.use((client) => client.faces({ setup, photo }));
  const ids = db.transaction(() =>
    people.recordFaces(
      id,
      found.by,
      found.faces.map((face) => asKept(face, found)),
    ),
  );
  people.recorded(ids);
}

function asKept(
  { box, landmarks, score, sharpness, frontal, embedding }: FacesFound['faces'][number],
  { embeddedBy }: FacesFound,
) {
  const known = { box, landmarks, score, sharpness, frontal };
  if (!embedding || embeddedBy === null) return known;
  const view = new DataView(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  const values = Float32Array.from({ length: embedding.byteLength >> 2 }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
  return { ...known, embedding: { values, by: embeddedBy } };
}
