/**
 * How many physical cores there are: convolution keeps a core's vector units busy by itself, so a second thread on the
 * same core only competes for its caches. ort.ts uses it for the number of threads.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform } from 'node:os';

/** Physical cores this process may use, at least 1; logical ones where the system does not tell. */
export function physicalCores(): number {
  const allowed = availableParallelism();
  return Math.max(1, Math.min(allowed, countCores() ?? allowed));
}

function countCores(): number | undefined {
  try {
    if (platform() === 'linux') return linuxCores();
    if (platform() === 'darwin')
      return Number(execFileSync('/usr/sbin/sysctl', ['-n', 'hw.physicalcpu'])) || undefined;
  } catch {
    // a container without /sys, or a locked-down Mac: fall back to logical cores
    return undefined;
  }
  return undefined;
}

function linuxCores(): number {
  const cores = cpus().map((_, i) => {
    const topology = `/sys/devices/system/cpu/cpu${i}/topology`;
    const read = (file: string): string => readFileSync(`${topology}/${file}`, 'utf8').trim();
    return `${read('physical_package_id')}:${read('core_id')}`;
  });
  return new Set(cores).size;
}
