/**
 * The annotation form that SPair-71k brought and later sets share: `Layout/.../SPLIT.txt` with lines such as
 * `000001-A-B:category`, one JSON file per line, and optionally one JSON file per picture.
 *
 * @module
 */
import { join } from "@std/path";
import { ImageFolder } from "../image_ref.ts";
import { readJson } from "../json.ts";
import type { PairList } from "../pairs.ts";
import { exists, isFolder, namesIn } from "../root.ts";
import { type LayoutLine, readLayout } from "./layout.ts";
import { readPair } from "./pair.ts";
import { Visibility } from "./visibility.ts";

/** Where the parts of a set lie. */
export interface PairAnnotationFolders {
  /** The list of the split's pairs; without one every file of `pairs` is a pair. */
  readonly list: string | undefined;
  /** Folder of the pair files of this split. */
  readonly pairs: string;
  /** Folder of `{category}/*.jpg`. */
  readonly images: string;
  /** Folder of `{category}/*.json` with `kps`; where it is there, keypoints visible in one picture only are told. */
  readonly visibility: string;
  /** Whether lines without a file belong to the official release: they are then skipped and returned, not an error. */
  readonly absentPairs?: boolean;
}

/**
 * Reads every listed pair into `pairs`.
 *
 * @returns the number of lines that have no file (0 unless `absentPairs`)
 */
export async function readPairAnnotations(folders: PairAnnotationFolders, pairs: PairList): Promise<number> {
  const images = new ImageFolder(folders.images);
  const visibility = isFolder(folders.visibility) ? new Visibility(folders.visibility) : undefined;
  let absent = 0;
  for (const { where, line } of folders.list === undefined ? filesOf(folders.pairs) : readLayout(folders.list)) {
    const path = join(folders.pairs, `${line}.json`);
    if (folders.absentPairs && !exists(path)) absent++;
    else await pairs.add(where, () => readPair(readJson(path), line, images, visibility));
  }
  return absent;
}

function filesOf(folder: string): LayoutLine[] {
  return namesIn(folder).filter((name) => name.endsWith(".json"))
    .map((name) => ({ where: join(folder, name), line: name.slice(0, -".json".length) }));
}
