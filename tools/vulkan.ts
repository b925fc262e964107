/**
 * Whether onnxruntime's webgpu provider has a Vulkan to run on for the tests, real or in software. vitest.config.ts prints
 * the answer and chooses the driver; a test that needs one skips by `vulkan().missing`.
 */
import { existsSync } from 'node:fs';
import { missingDriver } from '../src/engine/runtime/drivers.ts';

export interface Vulkan {
  /** Why webgpu cannot run here, in words; undefined when it should. */
  readonly missing: string | undefined;
  /** The software driver to use (VK_DRIVER_FILES); undefined where the machine has its own or none is needed. */
  readonly software: string | undefined;
}

/** Debian's chromium package carries SwiftShader, a Vulkan driver on the CPU. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';

export function vulkan(): Vulkan {
  const missing = missingDriver('webgpu');
  if (missing === undefined) return { missing, software: undefined };
  if (missing.startsWith('no Vulkan driver') && existsSync(swiftshader))
    return { missing: undefined, software: swiftshader };
  return { missing: `${missing} (apt-get install chromium libvulkan1)`, software: undefined };
}
