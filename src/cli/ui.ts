/**
 * Everything the command line says goes through here: results on stdout, progress and notes on stderr, and with --json
 * one JSON document on stdout and nothing else there. program.ts makes it; the commands use it.
 */
import { SingleBar } from 'cli-progress';
import type { UserError } from '../domain/errors.ts';
import { printable } from '../domain/text.ts';

/** process.stdout or process.stderr, or what a test puts in their place. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface Progress {
  /** `step` of `of` is done; `detail` says more in a few words, `seconds` what is left where the work knows better. */
  update(step: number, of: number, more?: { readonly detail?: string; readonly seconds?: number }): void;
  end(): void;
}

export interface Ui {
  /** A line of the result for people, on stdout; left out with --json. */
  readonly out: (line: string) => void;
  /** A line about the work, on stderr. */
  note(line: string): void;
  /** What went wrong and what to try, on stderr; the same advice is given once. */
  problem(error: UserError, prefix?: string): void;
  /** The result for programs: written with --json, else left out. Once per run. */
  document(result: Readonly<Record<string, unknown>>): void;
  /** A bar on a terminal; elsewhere a line now and then when something takes long. */
  progress(label: string): Progress;
}

export interface UiOptions {
  readonly json: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** How often a plain log hears of something that takes long. */
const LINE_EVERY_SECONDS = 20;

export function createUi({ json, stdout, stderr }: UiOptions): Ui {
  const advised = new Set<string>();
  const note = (line: string): void => {
    stderr.write(`${printable(line)}\n`);
  };
  return {
    out: (line) => {
      if (!json) stdout.write(`${printable(line)}\n`);
    },
    note,
    problem: (error, prefix = '') => {
      const { message, advice = '' } = error;
      note(advice === '' || advised.has(advice) ? `${prefix}${message}` : `${prefix}${message} ${advice}`);
      advised.add(advice);
    },
    document: (result) => {
      if (json) stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    },
    progress: (label) => (stderr.isTTY ? bar(printable(label), stderr) : lines(label, note)),
  };
}

/** For a --json document. */
export function errorForPrograms(error: UserError): Readonly<Record<string, unknown>> {
  return { code: error.code, message: error.message, ...(error.advice && { advice: error.advice }) };
}

function bar(label: string, stream: Output): Progress {
  const drawn = new SingleBar({
    format: `${label.length > 40 ? `${label.slice(0, 39)}…` : label}  {bar}  {value}/{total}{detail}  {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 5,
    fps: 10,
    stream,
  });
  let started = false;
  return {
    update(step, of, { detail = '' } = {}) {
      const shown = { detail: detail === '' ? '' : `  ${detail}` };
      if (!started) drawn.start(of, step, shown);
      else drawn.update(step, shown);
      started = true;
    },
    end() {
      if (started) drawn.stop();
    },
  };
}

function lines(label: string, note: (line: string) => void): Progress {
  const start = performance.now();
  let told = start;
  return {
    update(step, of, { detail = '', seconds } = {}) {
      const now = performance.now();
      if (step === 0 || step === of || now - told < LINE_EVERY_SECONDS * 1000) return;
      told = now;
      const left = seconds === undefined ? ((now - start) / step) * (of - step) : seconds * 1000;
      note(
        `${label}: step ${step} of ${of}${detail === '' ? '' : `, ${detail}`}, about ${duration(left)} left`,
      );
    },
    end: () => undefined,
  };
}

/** Milliseconds for people: 0.4 s, 12 s, 3 min 20 s, 1 h 5 min. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
