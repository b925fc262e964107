/**
 * The fake studio's answers on people, albums and undo, over data.ts.
 * services/people, albums and history are the real thing.
 */
import type { ContractHandlers } from '../../../src/contract/rpc.ts';
import type { studio } from '../../../src/contract/studio.ts';
import type { Topic } from '../../../src/contract/events.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { Anchor, Person } from '../../../src/domain/person.ts';
import { given } from './data.ts';
import type { FakeData } from './data.ts';

type Handlers = ContractHandlers<typeof studio>;

export function peopleOf(
  data: FakeData,
  tell: (topic: Topic) => void,
): Pick<Handlers, 'people' | 'albums' | 'history'> {
  let last = data.people.length;
  const find = (id: string): Person => {
    const person = data.people.find((p) => p.id === id);
    if (!person) throw new UserError('usage', 'This person is not in the library any more.');
    return person;
  };
  const replace = (person: Person): Person => {
    data.people[data.people.findIndex(({ id }) => id === person.id)] = person;
    return person;
  };
  /** Does it, remembers how to take it back, and tells. */
  const change = (label: string, again: () => void, back: () => void): void => {
    again();
    data.history.push({ label, again, back });
    data.undone.length = 0;
    tell('people');
    tell('faces');
  };
  const create = (name: string, birthYear: number | null): Person => {
    const none = { cover: null, photos: 0, suggestions: 0, anchors: 0, adapters: 0, hidden: false };
    const person = { id: `person-${last++}`, name, birthYear, ...none };
    const again = (): void => void data.people.push(person);
    change(`Add ${name}`, again, () => data.people.splice(data.people.indexOf(find(person.id)), 1));
    return person;
  };
  const assign = (
    faces: readonly string[],
    person: string | null,
    state: 'confirmed' | 'unknown' | 'ignored',
  ): void => {
    const before = data.faces.map((face) => face);
    const again = (): void => {
      for (const [i, face] of data.faces.entries())
        if (faces.includes(face.id)) data.faces[i] = { ...face, person, state, similarity: null };
    };
    change(`Name ${faces.length} faces`, again, () => data.faces.splice(0, data.faces.length, ...before));
  };
  const state = (
    undone: string | null,
  ): { undone: string | null; canUndo: string | null; canRedo: string | null } => ({
    undone,
    canUndo: data.history.at(-1)?.label ?? null,
    canRedo: data.undone.at(-1) ?? null,
  });
  const album = (person: string): { person: string; anchors: Anchor[]; problem: string | null } => {
    const anchors = (data.albums.get(person) ?? []).map((face, i) => anchorOf(data, face, i));
    return {
      person,
      anchors,
      problem: anchors.length < 4 ? 'An album wants at least 4 photos; 20 are good.' : null,
    };
  };
  return {
    people: {
      list: ({ hidden = false, search = '' }) =>
        data.people.filter(
          (p) => (hidden || !p.hidden) && p.name.toLowerCase().includes(search.toLowerCase()),
        ),
      get: ({ person }) => find(person),
      create: ({ name, birthYear, faces = [] }) => {
        const person = create(name, birthYear ?? null);
        if (faces.length > 0) assign(faces, person.id, 'confirmed');
        return person;
      },
      update: ({ person, ...edit }) => {
        const before = find(person);
        const after = { ...before, ...given(edit) };
        change(
          `Change ${before.name}`,
          () => void replace(after),
          () => void replace(before),
        );
        return after;
      },
      merge: ({ person, others }) => {
        const gone = data.people.filter(({ id }) => others.includes(id));
        const keep = data.people.filter(({ id }) => !others.includes(id));
        const all = [...data.people];
        const put = (list: Person[]) => () => void data.people.splice(0, data.people.length, ...list);
        change(`Merge ${gone.map(({ name }) => name).join(', ')}`, put(keep), put(all));
        return find(person);
      },
      split: ({ faces, name }) => {
        const person = create(name, null);
        assign(faces, person.id, 'confirmed');
        return person;
      },
      delete: ({ person }) => {
        const { name } = find(person);
        const all = [...data.people];
        const keep = all.filter(({ id }) => id !== person);
        const put = (list: Person[]) => () => void data.people.splice(0, data.people.length, ...list);
        change(`Delete ${name}`, put(keep), put(all));
        return { adapters: 1, bytes: 2_400_000, faces: 24 };
      },
      facesOf: ({ person, state, offset, limit }) => {
        const faces = data.faces.filter((face) => face.person === person && face.state === state);
        return { total: faces.length, faces: faces.slice(offset, offset + limit) };
      },
      unnamed: ({ offset, limit }) => {
        const faces = data.faces.filter((face) => face.state === 'unknown');
        return { total: faces.length, faces: faces.slice(offset, offset + limit) };
      },
      inPhoto: ({ photo }) => data.faces.filter((face) => face.photo === photo),
      confirm: ({ faces, person }) => (assign(faces, person, 'confirmed'), undefined),
      reject: ({ faces }) => (assign(faces, null, 'unknown'), undefined),
      ignore: ({ faces }) => (assign(faces, null, 'ignored'), undefined),
      place: ({ photo, at: { leftEye, rightEye, mouth } }) => {
        const e = Math.max(8, rightEye.x - leftEye.x);
        const box = { left: leftEye.x - e, top: leftEye.y - e, width: 3 * e, height: 3.4 * e };
        const left = { x: mouth.x - 0.4 * e, y: mouth.y };
        const right = { x: mouth.x + 0.4 * e, y: mouth.y };
        const nose = { x: mouth.x, y: (leftEye.y + mouth.y) / 2 };
        const who = { state: 'unknown', person: null, similarity: null, score: 1, byHand: true } as const;
        const face = {
          id: `face-hand-${data.faces.length}`,
          photo,
          box,
          landmarks: [leftEye, rightEye, nose, left, right] as [
            typeof left,
            typeof left,
            typeof left,
            typeof left,
            typeof left,
          ],
          ...who,
        };
        data.faces.push(face);
        tell('faces');
        return face;
      },
      remove: ({ faces }) => {
        data.faces.splice(0, data.faces.length, ...data.faces.filter(({ id }) => !faces.includes(id)));
        tell('faces');
        return undefined;
      },
    },
    albums: {
      get: ({ person }) => album(person),
      suggest: ({ person, count }) =>
        data.faces
          .filter((face) => face.person === person && face.state === 'confirmed')
          .slice(0, count)
          .map(({ id }, i) => anchorOf(data, id, i)),
      set: ({ person, faces }) => {
        const before = data.albums.get(person) ?? [];
        change(
          'Change the album',
          () => data.albums.set(person, faces),
          () => data.albums.set(person, before),
        );
        tell('albums');
        return album(person);
      },
      adapters: ({ person }) => data.adapters.filter((adapter) => adapter.person === person),
      deleteAdapter: ({ adapter }) => {
        const bytes = data.adapters.find(({ id }) => id === adapter)?.bytes ?? 0;
        data.adapters.splice(0, data.adapters.length, ...data.adapters.filter(({ id }) => id !== adapter));
        tell('adapters');
        return { bytes };
      },
    },
    history: {
      list: () => data.history.map(({ label }, i) => ({ id: `step-${i}`, label, done: true, at: i })),
      state: () => state(null),
      undo: () => {
        const step = data.history.pop();
        step?.back();
        if (step) data.undone.push(step.label);
        tell('people');
        tell('faces');
        tell('albums');
        return state(step?.label ?? null);
      },
      redo: () => state(data.undone.pop() ?? null),
    },
  };
}

function anchorOf(data: FakeData, face: string, position: number): Anchor {
  const photo = data.faces.find(({ id }) => id === face)?.photo ?? '';
  const kinds = ['sharp', 'frontal', 'different', 'near-in-time', 'large'] as const;
  const reasons = [kinds[position % 5]!, kinds[(position + 2) % 5]!].map((kind) => ({ kind, weight: 0.8 }));
  return { face, photo, position, chosenBy: position % 4 === 3 ? 'you' : 'albumen', reasons };
}
