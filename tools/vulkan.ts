/**
 * Finds out, without loading anything, whether onnxruntime's webgpu provider has a Vulkan to run on, real or in software.
 * vitest.config.ts prints the answer and chooses the driver; a test that needs one skips by `vulkan().missing`.
 */
import { existsSync, globSync } from 'node:fs';

export interface Vulkan {
  /** Why webgpu cannot run here, in words; undefined when it should. */
  readonly missing: string | undefined;
  /** The software driver to use (VK_DRIVER_FILES); undefined where the machine has its own or none is needed. */
  readonly software: string | undefined;
}

/** Debian's chromium package carries SwiftShader, a Vulkan driver on the CPU. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const install = 'apt-get install chromium libvulkan1';

/** Looks for the loader (libvulkan.so.1) and a driver; only Linux needs them (Windows has D3D12, macOS Metal). */
export function vulkan(): Vulkan {
  if (process.platform !== 'linux') return { missing: undefined, software: undefined };
  const loader = globSync([
    '/{usr/,}{lib,lib64}/{,*-linux-gnu/}libvulkan.so.1',
    ...(process.env['LD_LIBRARY_PATH'] ?? '')
      .split(':')
      .flatMap((dir) => (dir ? [`${dir}/libvulkan.so.1`] : [])),
  ]);
  if (loader.length === 0) return { missing: `no Vulkan loader (${install})`, software: undefined };
  const chosen = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (chosen) {
    const found = chosen.split(':').some((file) => existsSync(file));
    return { missing: found ? undefined : `VK_DRIVER_FILES names no file (${chosen})`, software: undefined };
  }
  if (globSync('/{etc,usr/share,usr/local/share}/vulkan/icd.d/*.json').length > 0) {
    return { missing: undefined, software: undefined };
  }
  if (existsSync(swiftshader)) return { missing: undefined, software: swiftshader };
  return { missing: `no Vulkan driver (${install})`, software: undefined };
}
