/**
 * What the queue of jobs says.
 * catalogue.ts puts it beside the rest.
 */
export const enJobs = {
  'jobs.button': { one: 'Jobs: {n} going on', other: 'Jobs: {n} going on' },
  'jobs.none': 'Nothing is going on. Restorations, finetunes, scans and exports show up here.',
  'jobs.clear': 'Clear ended',
  'jobs.first': 'Do this next',
  'jobs.pause': 'Pause',
  'jobs.resume': 'Go on',
  'jobs.dismiss': 'Take off the list',
  'jobs.ended': 'Done: {title}',
  'jobs.kind.scan': 'Scan',
  'jobs.kind.faces': 'Find faces',
  'jobs.kind.restore': 'Restore',
  'jobs.kind.finetune': 'Finetune',
  'jobs.kind.album': 'Generative album',
  'jobs.kind.export': 'Export',
  'jobs.state.queued': 'waiting',
  'jobs.state.running': 'running',
  'jobs.state.paused': 'paused',
  'jobs.state.done': 'done',
  'jobs.state.failed': 'failed',
  'jobs.state.cancelled': 'cancelled',
  'jobs.state.aside': 'set aside: it crashed twice',
} as const;
