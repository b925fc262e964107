/**
 * What main answers windows by itself: ids for what dialogs gave, and paths for nobody; src/main/host.ts.
 */
import { expect, it, vi } from 'vitest';
import { connect } from '../../src/contract/client.ts';
import { forHosts } from '../../src/contract/studio.ts';
import { openChannels } from '../../src/contract/transports/mux.ts';
import { hostHandlers } from '../../src/main/host.ts';
import { utilityTransport } from '../../src/main/utility.ts';
import { fakeLibrary } from './fakes.ts';

const context = { signal: new AbortController().signal, client: 'window-1' };

function host(chosen: string | undefined = '/home/me/Old photos') {
  const library = fakeLibrary('/photos/one.png');
  const open = openChannels(utilityTransport(library.utility));
  const { client } = connect(forHosts, open('host'));
  const system = { choose: vi.fn(async () => chosen), reveal: vi.fn() };
  return { handlers: hostHandlers(() => client, system), system, library };
}

it('gives an id and a title for a folder, and adds it by its path', async () => {
  const { handlers, library, system } = host();
  const place = await handlers.pickFolder({ title: 'Add' }, context);
  expect(system.choose).toHaveBeenCalledWith('folder', 'Add');
  expect(place).toMatchObject({ title: 'Old photos', kind: 'folder' });
  expect(JSON.stringify(place)).not.toContain('/home');
  await handlers.addFolder({ place: place?.id ?? '' }, context);
  expect(library.folders).toEqual(['/home/me/Old photos']);
  expect(await handlers.addTarget({ place: place?.id ?? '' }, context)).toEqual({
    id: 'target-1',
    title: '/home/me/Old photos',
  });
});

it('offers a chosen file to the library under the id that the window gets', async () => {
  const { handlers, library } = host('/models/prior.safetensors');
  const file = await handlers.pickFile({ title: 'x' }, context);
  expect(library.offered.get(file?.id ?? '')).toBe('/models/prior.safetensors');
  expect(file?.kind).toBe('file');
});

it('answers null where a dialog was closed', async () => {
  const { handlers } = host('');
  const closed = hostHandlers(() => ({}) as never, {
    choose: async () => undefined,
    reveal: () => undefined,
  });
  expect(await closed.pickFolder({ title: 'x' }, context)).toBeNull();
  expect(await closed.pickFile({ title: 'x' }, context)).toBeNull();
  expect(await handlers.places({}, context)).toEqual([]);
});

it('refuses an id that no dialog gave', async () => {
  const { handlers, library } = host();
  for (const place of ['/etc', 'folder-0', ''])
    await expect(async () => handlers.addFolder({ place }, context)).rejects.toMatchObject({
      code: 'missing',
    });
  expect(library.folders).toEqual([]);
});

it('shows the file of a photo, unless it is gone', async () => {
  const { handlers, system } = host();
  await handlers.reveal({ photo: 'photo-1' }, context);
  expect(system.reveal).toHaveBeenCalledExactlyOnceWith('/photos/one.png');
  await expect(async () => handlers.reveal({ photo: 'gone' }, context)).rejects.toMatchObject({
    code: 'missing',
  });
});
