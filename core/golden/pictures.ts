/**
 * The real pictures that some recordings were made from; they lie beside the folder of recorded vectors.
 *
 * @module
 */
import { join } from "@std/path";
import { exists } from "../data/root.ts";
import { decodeImage } from "../image/decode.ts";
import { sharedPath } from "../testing/shared.ts";
import type { Image } from "../types.ts";

/** The PF-WILLOW folder: `data/PF-WILLOW` beside the folder of all vectors, else the shared one. @param dir a folder of vectors */
export function pictureRoot(dir: string): string {
  const beside = join(dir, "..", "..", "data", "PF-WILLOW");
  return exists(beside) ? beside : sharedPath("data/PF-WILLOW");
}

/** A picture below `root`, its stored rows and columns. Throws InputError naming the file. */
export async function picture(root: string, name: string): Promise<Image> {
  return await decodeImage(join(root, name), { orientation: "ignore" });
}
