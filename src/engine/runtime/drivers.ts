/**
 * Looks, without loading anything, whether what a provider needs from the system is there: trying a provider that cannot
 * start makes drivers write to the terminal. providers.ts asks before it tries.
 */
import { existsSync, globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ProviderName } from './session.ts';

/** Why the provider cannot start here, in one sentence; undefined when it may. */
export function missingDriver(provider: ProviderName): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (provider === 'webgpu') return missingVulkan();
  if (provider === 'cuda') return missingCuda();
  return undefined;
}

/** onnxruntime's webgpu provider needs the Vulkan loader and a driver on Linux (D3D12 on Windows, Metal on a Mac). */
function missingVulkan(): string | undefined {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean);
  const loaders = [
    '/{usr/,}{lib,lib64}/{,*-linux-gnu/}libvulkan.so.1',
    ...folders.map((folder) => join(folder, 'libvulkan.so.1')),
  ];
  if (globSync(loaders).length === 0) return 'the Vulkan loader (libvulkan.so.1) is not installed.';
  const chosen = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (chosen !== undefined)
    return chosen.split(':').some((file) => existsSync(file)) ? undefined : 'VK_DRIVER_FILES names no file.';
  const manifests = globSync('/{etc,usr/share,usr/local/share}/vulkan/icd.d/*.json');
  return manifests.length > 0 ? undefined : 'no Vulkan driver is installed.';
}

/** The CUDA provider is a library of its own, fetched by onnxruntime-node's installer only where somebody asked for it. */
function missingCuda(): string | undefined {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const bin = join(dirname(dirname(entry)), 'bin');
  const found = globSync('napi-v*/linux/*/libonnxruntime_providers_cuda.so', { cwd: bin }).length > 0;
  return found ? undefined : 'its CUDA libraries are not installed.';
}
