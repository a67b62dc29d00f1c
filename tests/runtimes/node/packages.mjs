// Loads the packages installed beside this file: modules resolve from where they stand.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const loaded = new Map();

/** Loads a package for `require`, whether it is CommonJS or ESM only. */
export async function load(name) {
  if (!loaded.has(name)) loaded.set(name, await loadOnce(name));
  return loaded.get(name);
}

async function loadOnce(name) {
  try {
    return require(name);
  } catch (error) {
    if (!['ERR_REQUIRE_ESM', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) throw error;
    // What a bundler makes of an ES module for code that requires it.
    return { __esModule: true, ...(await import(name)) };
  }
}
