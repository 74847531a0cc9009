/**
 * Tests that need the recorded vectors, pictures or weights beside the checkout.
 *
 * @module
 */
import { fromFileUrl, resolve } from "@std/path";

const root = Deno.env.get("SC_SHARED") ?? resolve(fromFileUrl(import.meta.url), "../../../../shared");

/** Absolute path of an entry of the shared folder; it may not exist. */
export function sharedPath(entry: string): string {
  return resolve(root, entry);
}

/**
 * A test that needs entries of the shared folder. Where one is absent (a user's machine) the test counts as ignored and
 * its name says why; where the environment has CI=true it fails instead, since there the folder must be present.
 */
export function sharedTest(name: string, needs: string | readonly string[], fn: () => void | Promise<void>): void {
  const missing = [needs].flat().filter((entry) => !exists(sharedPath(entry)));
  if (missing.length === 0) Deno.test(name, fn);
  else if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`${missing.map(sharedPath).join(", ")}: absent, and CI must have it`);
    });
  } else Deno.test({ name: `${name} [skipped: no ${missing.map(sharedPath).join(", ")}]`, ignore: true, fn });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
