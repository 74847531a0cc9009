import { InputError, messageOf } from "../errors.ts";

/**
 * Holds a folder for one process at a time. The lock is the operating system's, so it goes with the process however it
 * ends, and nothing is ever stale.
 *
 * @param waiting called once when another process holds it.
 */
export async function lockFolder(dir: string, waiting: () => void): Promise<Disposable> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dir, { recursive: true });
    file = await Deno.open(`${dir}/.lock`, { create: true, write: true });
  } catch (error) {
    throw new InputError(`Cannot write in "${dir}": ${messageOf(error)}`);
  }
  if (!file.tryLockSync(true)) {
    waiting();
    // Polling, not lock(): a blocked lock() keeps a thread that Ctrl-C cannot reach.
    while (!file.tryLockSync(true)) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    [Symbol.dispose]() {
      file.unlockSync();
      file.close();
    },
  };
}
