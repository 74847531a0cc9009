import { join } from "@std/path";
import { exists } from "../root.ts";
import { Fields, readJson } from "../json.ts";

/** Which keypoints each picture shows, from `ImageAnnotation/{category}/{name}.json` (`kps`: id -> [x, y] or null). */
export class Visibility {
  readonly #ids = new Map<string, readonly string[] | undefined>();

  constructor(private readonly folder: string) {}

  /** Ids of the visible keypoints; undefined where the picture has no annotation file. */
  of(category: string, image: string): readonly string[] | undefined {
    const path = join(this.folder, category, image.replace(/\.[^.]*$/, ".json"));
    if (!this.#ids.has(path)) this.#ids.set(path, exists(path) ? visible(readJson(path).object("kps")) : undefined);
    return this.#ids.get(path);
  }
}

function visible(keypoints: Fields): readonly string[] {
  return Object.keys(keypoints.value).filter((id) => keypoints.has(id));
}
