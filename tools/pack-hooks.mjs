/**
 * What electron-builder calls while it packs (electron-builder.yml). tools/pack-stub.ts asserts what comes of it.
 */

/** False: packages of node_modules are not gathered; electron-builder.yml names the few that go in. */
export function beforeBuild() {
  return false;
}
