import { join } from "@std/path";
import type { ImageFolder } from "../image_ref.ts";
import type { Fields } from "../json.ts";
import { checkBox } from "../pairs.ts";
import { InputError } from "../../errors.ts";
import type { BenchmarkPair, Difficulty, ImageRef, Pair } from "../../types.ts";
import type { Visibility } from "./visibility.ts";

/** One annotation file. @param id line of the list that names it: the pair's id */
export function readPair(file: Fields, id: string, images: ImageFolder, visibility?: Visibility): BenchmarkPair {
  const category = file.string("category");
  if (!id.endsWith(`:${category}`)) {
    throw new InputError(`${file.path}: "category" is "${category}", the list says "${id.split(":")[1]}"`);
  }
  const pictures = { source: picture(file, "src", category, images), target: picture(file, "trg", category, images) };
  const points = { source: file.points("src_kps"), target: file.points("trg_kps") };
  if (points.source.n !== points.target.n) {
    throw new InputError(`${file.path}: "src_kps" has ${points.source.n} points and "trg_kps" ${points.target.n}`);
  }
  const keypoints = file.has("kps_ids") ? file.list("kps_ids").map(String) : undefined;
  if (keypoints && keypoints.length !== points.source.n) {
    throw new InputError(`${file.path}: "kps_ids" has ${keypoints.length} ids, "src_kps" ${points.source.n} points`);
  }
  const unmatched = keypoints && visibility && hidden(file, category, keypoints, visibility);
  return {
    id,
    category,
    images: pictures,
    points,
    boxes: {
      source: checkBox(file.box("src_bndbox"), `${file.path}: "src_bndbox"`),
      target: checkBox(file.box("trg_bndbox"), `${file.path}: "trg_bndbox"`),
    },
    difficulty: difficulty(file),
    ...(keypoints ? { keypoints } : {}),
    ...(unmatched ? { unmatched } : {}),
  };
}

function picture(file: Fields, side: "src" | "trg", category: string, images: ImageFolder): ImageRef {
  // [width, height, channels]
  const [width, height] = file.numbers(`${side}_imsize`);
  if (!(Number.isInteger(width) && Number.isInteger(height) && width! > 0 && height! > 0)) {
    file.fail(`${side}_imsize`, "width and height of the picture");
  }
  const name = file.string(`${side}_imname`);
  if (/[\\/]/.test(name)) file.fail(`${side}_imname`, "a file name without folders");
  const size = { width: width!, height: height! };
  return images.ref(join(images.root, category, name), `${file.path}: "${side}_imname"`, size);
}

function difficulty(file: Fields): Difficulty {
  const level = (field: string, key: keyof Difficulty, most: number) => {
    if (!file.has(field)) return {};
    const value = file.integer(field);
    return value >= 0 && value <= most ? { [key]: value } : file.fail(field, `a level from 0 to ${most}`);
  };
  return {
    ...level("viewpoint_variation", "viewpoint", 2),
    ...level("scale_variation", "scale", 2),
    ...level("truncation", "truncation", 3),
    ...level("occlusion", "occlusion", 3),
  };
}

function hidden(
  file: Fields,
  category: string,
  common: readonly string[],
  visibility: Visibility,
): Pair<readonly string[]> | undefined {
  const source = visibility.of(category, file.string("src_imname"));
  const target = visibility.of(category, file.string("trg_imname"));
  if (!source || !target) return undefined;
  const ids = new Set(common);
  return { source: source.filter((id) => !ids.has(id)), target: target.filter((id) => !ids.has(id)) };
}
