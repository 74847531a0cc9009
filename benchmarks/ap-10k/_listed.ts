import { join } from "@std/path";
import { readJson } from "../../core/data/json.ts";
import { namesIn } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { type Animal, readPose } from "./_animal.ts";
import type { AnimalPair, Setting, Split } from "./_generate.ts";

/** Folder of the pair files of a setting, as the notebook of Zhang et al. (CVPR 2024) names them. */
export function pairFolder(root: string, setting: Setting, split: Split): string {
  const ending = { "intra-species": "", "cross-species": "_cross_species", "cross-family": "_cross_family" }[setting];
  return join(root, "PairAnnotation", `${split}${ending}`);
}

/** A pair file: its name without ending, and the pair when asked. */
export interface ListedPair {
  readonly id: string;
  readonly where: string;
  readonly read: () => AnimalPair;
}

/** The pair files of a folder, such as `000000-A-B:antelope.json`; each names two files of `ImageAnnotation`. */
export function listedPairs(root: string, folder: string): ListedPair[] {
  const animals = new Map<string, Animal>();
  return namesIn(folder).filter((name) => name.endsWith(".json")).map((name) => {
    const where = join(folder, name);
    const id = name.slice(0, -".json".length);
    const category = id.split(":")[1];
    return {
      id,
      where,
      read: () => {
        if (category === undefined) throw new InputError(`${where}: the name has no ":species"`);
        const file = readJson(where);
        return {
          category,
          source: animal(file.string("src_json_path")),
          target: animal(file.string("trg_json_path")),
        };
      },
    };
  });

  // The paths begin where the notebook was run, so only family/species/file is used.
  function animal(path: string): Animal {
    const parts = path.replaceAll("\\", "/").split("/").slice(-3);
    const known = animals.get(parts.join("/"));
    if (known) return known;
    if (parts.length < 3 || parts.includes("..")) {
      throw new InputError(`${folder}: "${path}" is no path such as ImageAnnotation/family/species/file.json`);
    }
    const file = readJson(join(root, "ImageAnnotation", ...parts));
    const name = parts[2]!.replace(/\.json$/, "");
    const read: Animal = {
      name,
      path: join(root, "JPEGImages", parts[0]!, parts[1]!, `${name}.jpg`),
      where: file.path,
      size: { width: file.integer("width"), height: file.integer("height") },
      ...readPose(file),
    };
    animals.set(parts.join("/"), read);
    return read;
  }
}
