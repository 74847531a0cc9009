import { InputError, messageOf } from "../../../core/errors.ts";
import { sha256 } from "../../../core/sha256.ts";
import type { Image } from "../../../core/types.ts";
import { type Boxes, usableBoxes } from "./boxes.ts";

/** Boxes made elsewhere, by picture. */
export interface GivenBoxes {
  /** Lower-case hex sha256 of the file. */
  readonly sha256: string;
  /** @throws InputError where the file has no entry for the picture. */
  of(image: Image, count: number): Boxes;
}

/**
 * Reads `{"car/001.png": [[x1, y1, x2, y2], ...], ...}`: boxes in pixels of the original picture, the centre of the
 * top-left pixel being (0, 0) and the last pixels belonging to the box. A key is the sha256 of the picture's file or the
 * end of its path, from any folder on.
 *
 * @throws InputError where the file is absent or does not have this form.
 */
export async function readBoxes(path: string): Promise<GivenBoxes> {
  let bytes: Uint8Array<ArrayBuffer>;
  let parsed: unknown;
  try {
    bytes = await Deno.readFile(path);
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new InputError(`Cannot read boxes from "${path}": ${messageOf(error)}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new InputError(`Cannot read boxes from "${path}": it must map pictures to lists of [x1, y1, x2, y2]`);
  }
  const lists = new Map<string, number[][]>();
  for (const [key, value] of Object.entries(parsed)) {
    if (!isBoxes(value)) {
      throw new InputError(`Cannot read boxes of "${key}" from "${path}": it needs a list of [x1, y1, x2, y2]`);
    }
    lists.set(key, value);
  }
  return {
    sha256: await sha256(bytes),
    of(image, count) {
      const rows = lists.get(image.sha256) ?? lists.get(keyOf(image.origin, lists) ?? "");
      if (rows === undefined) {
        throw new InputError(
          `Cannot find boxes of "${image.origin}" in "${path}": none of its ${lists.size} entries is the end of that ` +
            `path or the file's sha256`,
        );
      }
      return usableBoxes(rows, image, count);
    },
  };
}

function isBoxes(value: unknown): value is number[][] {
  return Array.isArray(value) &&
    value.every((box) => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite));
}

/** The longest end of a path that is a key. */
function keyOf(origin: string, lists: ReadonlyMap<string, unknown>): string | undefined {
  let path = origin;
  while (path !== "") {
    if (lists.has(path)) return path;
    const slash = path.indexOf("/");
    if (slash < 0) return undefined;
    path = path.slice(slash + 1);
  }
  return undefined;
}
