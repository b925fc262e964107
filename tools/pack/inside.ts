/**
 * What may be in the packed application, file by file, and what must be: the list that tools/pack-stub.ts holds against a
 * package. A new native dependency is a line here and one in electron-builder.yml.
 */

/** Every file in the package matches one of these. */
const ALLOWED: readonly RegExp[] = [
  /^package\.json$/,
  /^dist\/main\/[\w-]+\.js$/,
  /^dist\/(main|renderer)\/licences\.txt$/,
  /^dist\/preload\/index\.cjs$/,
  /^dist\/renderer\/(index\.html|icon\.svg|assets\/[\w.-]+\.(js|css|woff2|svg|png))$/,
  /^resources\/models\/catalog\.json$/,
  /^resources\/models\/[a-z0-9-]+\/(model\.json|MODEL_CARD\.md|[\w-]+\.safetensors)$/,
  /^node_modules\/better-sqlite3\/(package\.json|LICENSE|lib\/.*\.js|prebuilds\/linux-x64\.node)$/,
  /^node_modules\/onnxruntime-node\/(package\.json|README\.md|dist\/\w+\.js|bin\/napi-v\d+\/linux\/x64\/[\w.-]+)$/,
  /^node_modules\/onnxruntime-common\/(package\.json|dist\/cjs\/.*\.(js|json))$/,
  /^node_modules\/sharp\/(package\.json|LICENSE|dist\/\w+\.mjs)$/,
  /^node_modules\/@img\/colour\/(package\.json|LICENSE\.md|\w+\.cjs)$/,
  /^node_modules\/@img\/sharp-(libvips-)?linux-x64\/(package\.json|LICENSE|README\.md|versions\.json|\w+\.cjs|lib\/.*)$/,
  /^node_modules\/detect-libc\/(package\.json|LICENSE|lib\/[\w-]+\.js)$/,
  /^node_modules\/semver\/(package\.json|LICENSE|index\.js|(classes|functions|internal|ranges)\/[\w-]+\.js)$/,
  /^node_modules\/@techstark\/opencv-js\/(package\.json|LICENSE|dist\/opencv\.js)$/,
];

/** At least one file of each is there; those the system opens are outside the archive. */
const NEEDED: readonly { readonly file: RegExp; readonly unpacked: boolean }[] = [
  { file: /^dist\/main\/index\.js$/, unpacked: false },
  { file: /^dist\/main\/library\.js$/, unpacked: false },
  { file: /^dist\/main\/engine\.js$/, unpacked: false },
  { file: /^dist\/preload\/index\.cjs$/, unpacked: false },
  { file: /^dist\/renderer\/index\.html$/, unpacked: false },
  { file: /^dist\/main\/licences\.txt$/, unpacked: false },
  { file: /^dist\/renderer\/licences\.txt$/, unpacked: false },
  { file: /^resources\/models\/face-128\/prior\.safetensors$/, unpacked: true },
  { file: /^resources\/models\/face-detector\/detector\.safetensors$/, unpacked: true },
  { file: /^node_modules\/@techstark\/opencv-js\/dist\/opencv\.js$/, unpacked: false },
  { file: /^node_modules\/better-sqlite3\/prebuilds\/linux-x64\.node$/, unpacked: true },
  {
    file: /^node_modules\/onnxruntime-node\/bin\/.*\/linux\/x64\/onnxruntime_binding\.node$/,
    unpacked: true,
  },
  { file: /^node_modules\/onnxruntime-node\/bin\/.*\/linux\/x64\/libonnxruntime\.so/, unpacked: true },
  { file: /^node_modules\/@img\/sharp-linux-x64\/lib\/.*\.node$/, unpacked: true },
  { file: /^node_modules\/@img\/sharp-libvips-linux-x64\/lib\/.*\.so/, unpacked: true },
];

/** Natives and weights; never what JavaScript is loaded from first. */
const OUTSIDE =
  /^(node_modules\/(@img|onnxruntime-node|better-sqlite3)\/|resources\/models\/.*\.safetensors$)/;

export interface PackedFile {
  /** From the root of the archive, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Beside the archive, where the system can open it. */
  readonly unpacked: boolean;
}

/** What is wrong with a package, a sentence each; empty where all is well. */
export function complaints(files: readonly PackedFile[]): string[] {
  const strangers = files
    .filter(({ path }) => !ALLOWED.some((pattern) => pattern.test(path)))
    .map(({ path }) => `${path} is in the package, and nothing says that it belongs there`);
  const missing = NEEDED.filter(({ file }) => !files.some(({ path }) => file.test(path))).map(
    ({ file }) => `no file of the package matches ${file.source}`,
  );
  const locked = NEEDED.filter(({ unpacked }) => unpacked).flatMap(({ file }) =>
    files
      .filter((packed) => file.test(packed.path) && !packed.unpacked)
      .map(({ path }) => `${path} is inside the archive, where the system cannot open it`),
  );
  const outside = files
    .filter(({ path, unpacked }) => unpacked && !OUTSIDE.test(path))
    .map(({ path }) => `${path} is outside the archive, where its integrity is not checked`);
  return [...strangers, ...missing, ...locked, ...outside];
}
