/**
 * Files that are whole or absent.
 *
 * @module
 */
import { InputError, messageOf } from "../errors.ts";

/** Writes under a temporary name, then renames. Throws InputError naming the file (full disk, no permission). */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${Deno.pid}.tmp`;
  try {
    if (typeof content === "string") await Deno.writeTextFile(temporary, content);
    else await Deno.writeFile(temporary, content);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new InputError(`Cannot write "${path}": ${messageOf(error)}`);
  }
}

/** JSON as people read it: two spaces, a final newline. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The file's JSON, or undefined where there is no such file. Throws InputError naming a file that is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read "${path}": it is not JSON (${messageOf(error)})`);
  }
}
