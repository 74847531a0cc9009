import { basename, join } from "@std/path";
import { exists, isFolder, namesIn } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import type { ListedPair } from "./_list.ts";

const PLACES = ["PF-dataset-WILLOW", "PF-dataset", join("PF-WILLOW", "PF-dataset-WILLOW"), "PF-WILLOW", ""];

/** The folder whose sub-folders are the sub-sets; the archive, its users and the survey each call it otherwise. */
export function subsetFolder(root: string): string {
  const found = PLACES.map((place) => join(root, place)).find((folder) =>
    isFolder(folder) && subsets(folder).length > 0
  );
  if (found !== undefined) return found;
  throw new InputError(
    `Cannot open benchmark "pf-willow": "${root}" has no folder of sub-sets such as PF-dataset-WILLOW/car(S) with .png ` +
      `and .mat files`,
  );
}

function subsets(folder: string): string[] {
  return namesIn(folder).filter((name) => {
    const path = join(folder, name);
    return isFolder(path) && namesIn(path).some((file) => file.endsWith(".mat"));
  });
}

/** Every ordered pair of different pictures inside each sub-set; a picture is what has a .mat file. */
export function* allPairs(folder: string): Generator<ListedPair> {
  for (const subset of subsets(folder)) {
    const mats = namesIn(join(folder, subset)).filter((name) => name.endsWith(".mat")).map(stem);
    const pictures = mats.map((name) => ({ subset, file: pictureOf(join(folder, subset), name) }));
    for (const source of pictures) {
      for (const target of pictures) {
        if (source !== target) yield { where: join(folder, subset, `${stem(source.file)}.mat`), source, target };
      }
    }
  }
}

function pictureOf(folder: string, name: string): string {
  return [`${name}.png`, `${name}.jpg`].find((file) => exists(join(folder, file))) ?? `${name}.png`;
}

/** A file name without folder and ending. */
export function stem(file: string): string {
  return basename(file).replace(/\.[^.]*$/, "");
}
