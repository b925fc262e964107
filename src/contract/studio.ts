/**
 * Everything a window, a browser or the command line may ask of the studio: all slices under one roof.
 * Each slice is a file beside this one and is served by one service; how to add a call is README.md.
 */
import { albums } from './albums.ts';
import { damage } from './damage.ts';
import { events } from './events.ts';
import { exports } from './exports.ts';
import { history } from './history.ts';
import { host } from './host.ts';
import { files } from './hosts.ts';
import { jobs } from './jobs.ts';
import { models } from './models.ts';
import { people } from './people.ts';
import { library, libraryHost, photos } from './photos.ts';
import { renditions } from './renditions.ts';
import { contract } from './rpc.ts';
import type { ContractClient, ContractHandlers } from './rpc.ts';
import { settings } from './settings.ts';

/** What the library's process answers to windows, through their host. */
export const forWindows = contract(
  events,
  library,
  photos,
  people,
  albums,
  jobs,
  renditions,
  damage,
  exports,
  models,
  history,
  settings,
);

/** What it answers to a host itself: paths too. Never served to a window. */
export const forHosts = { ...forWindows, ...contract(libraryHost, files) };

/** What a host serves a window: its own slice, and the rest relayed (relay.ts). */
export const studio = { ...forWindows, ...contract(host) };

export type StudioClient = ContractClient<typeof studio>;
export type StudioHandlers = ContractHandlers<typeof studio>;
export type WindowsHandlers = ContractHandlers<typeof forWindows>;
export type HostsHandlers = ContractHandlers<typeof forHosts>;
