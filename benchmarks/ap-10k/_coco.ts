import { join } from "@std/path";
import { type Fields, readJson } from "../../core/data/json.ts";
import { exists } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { type Animal, count, LEAST_COMMON, readPose } from "./_animal.ts";

/** family -> species -> its animals, in no particular order. */
export type Families = ReadonlyMap<string, ReadonlyMap<string, readonly Animal[]>>;

/** What {@linkcode readAnimals} found and left out. */
export interface AnimalIndex {
  readonly families: Families;
  readonly pictures: number;
  /** Pictures with several animals (or a crowd): which one a keypoint belongs to would be open. */
  readonly several: number;
  /** Pictures whose animal has fewer than three visible keypoints. */
  readonly bare: number;
}

const PARTS = ["train", "val", "test"].map((part) => join("annotations", `ap10k-${part}-split1.json`));

/**
 * Every usable animal of the official annotation: the three files of split 1 together, since the correspondence splits
 * are made anew from all pictures. Used are pictures with exactly one annotation that is no crowd, has a box with area and
 * at least three visible keypoints.
 */
export function readAnimals(root: string): AnimalIndex {
  const families = new Map<string, Map<string, Animal[]>>();
  let pictures = 0, several = 0, bare = 0;
  for (const part of PARTS) {
    const path = join(root, part);
    if (!exists(path)) throw new InputError(`Cannot open benchmark "ap-10k": "${root}" has no "${part}"`);
    const file = readJson(path);
    const species = new Map(
      file.objects("categories").map((
        c,
      ) => [c.integer("id"), { name: c.string("name"), family: c.string("supercategory") }]),
    );
    const byPicture = Map.groupBy(file.objects("annotations"), (annotation) => annotation.integer("image_id"));
    for (const picture of file.objects("images")) {
      const annotations = byPicture.get(picture.integer("id")) ?? [];
      if (annotations.length === 0) continue;
      pictures++;
      const one = annotations[0]!;
      if (annotations.length > 1 || (one.has("iscrowd") && one.integer("iscrowd") !== 0)) {
        several++;
        continue;
      }
      const animal = readAnimal(root, picture, one);
      if (count(animal.visible) < LEAST_COMMON || !(animal.box.x2 > animal.box.x1 && animal.box.y2 > animal.box.y1)) {
        bare++;
        continue;
      }
      const kind = species.get(one.integer("category_id")) ??
        one.fail("category_id", "the id of a category of the file");
      const family = families.get(kind.family) ?? new Map<string, Animal[]>();
      families.set(kind.family, family);
      family.set(kind.name, [...family.get(kind.name) ?? [], animal]);
    }
  }
  return { families, pictures, several, bare };
}

function readAnimal(root: string, picture: Fields, annotation: Fields): Animal {
  const file = picture.string("file_name");
  if (/[\\/]/.test(file)) picture.fail("file_name", "a file name without folders");
  return {
    name: file.replace(/\.[^.]*$/, ""),
    path: join(root, "data", file),
    where: `${picture.path}: image ${picture.integer("id")}`,
    size: { width: picture.integer("width"), height: picture.integer("height") },
    ...readPose(annotation),
  };
}
