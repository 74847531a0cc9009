import { createHash } from "node:crypto";
import type { Box, Image, ImageRef, Size } from "../../core/types.ts";
import { render } from "./render.ts";
import { buildScene, type Keypoint, type Recipe, type Scene } from "./scene.ts";

/** Rendered pictures are kept up to this many bytes, the least recently used going first. */
const KEPT = 64 * 2 ** 20;

/** A picture of the benchmark before it is rendered: what its annotation needs, and how to make the rest again. */
export interface Picture {
  readonly recipe: Recipe;
  /** `kind/007`. */
  readonly id: string;
  readonly size: Size;
  readonly box: Box;
  readonly keypoints: readonly Keypoint[];
  readonly azimuth: number;
  readonly cut: number;
  readonly covered: number;
  readonly ref: ImageRef;
}

/** Draws pictures that are worth matching, and renders each once. */
export class Studio {
  readonly #version: number;
  readonly #samples: number;
  readonly #rendered = new Map<string, Image>();
  #bytes = 0;

  /** @param version of the benchmark: part of every picture's hash */
  constructor(version: number, samples: number) {
    this.#version = version;
    this.#samples = samples;
  }

  /**
   * The picture of a recipe; attempts are raised until at least four keypoints are seen and the object is neither tiny
   * nor mostly cut off or covered.
   */
  draw(wanted: Omit<Recipe, "attempt">): Picture {
    for (let attempt = 0; attempt < 100; attempt++) {
      const recipe = { ...wanted, attempt };
      const scene = buildScene(recipe);
      if (!useful(scene)) continue;
      const id = `${recipe.kind.name}/${String(recipe.index).padStart(3, "0")}`;
      const { size, keypoints, azimuth, cut, covered } = scene;
      const origin = `shapes:${id}`;
      const ref = { id, origin, size, load: () => Promise.resolve(this.#load(recipe, origin)) };
      return { recipe, id, size, box: scene.box!, keypoints, azimuth, cut, covered, ref };
    }
    throw new RangeError(`Cannot draw ${wanted.kind.name} ${wanted.index}: no useful view in 100 attempts`);
  }

  /** What a picture is made from, in words. */
  recipeText({ kind, seed, index, attempt, spread, side }: Recipe): string {
    return `shapes version=${this.#version} kind=${kind.name} seed=${seed} index=${index} attempt=${attempt} ` +
      `difficulty=${spread} size=${side} supersample=${this.#samples}`;
  }

  #load(recipe: Recipe, origin: string): Image {
    const text = this.recipeText(recipe);
    let image = this.#rendered.get(text);
    if (image === undefined) {
      const scene = buildScene(recipe), data = render(scene, this.#samples);
      // The bytes are hashed too: features cached for an older renderer must never be taken for this picture's.
      const sha256 = createHash("sha256").update(text).update(data).digest("hex");
      image = { ...scene.size, data, sha256, origin };
      this.#bytes += data.length;
    }
    // Last in the map is the most recently used.
    this.#rendered.delete(text);
    this.#rendered.set(text, image);
    for (const [key, old] of this.#rendered) {
      if (this.#bytes <= KEPT || key === text) break;
      this.#rendered.delete(key);
      this.#bytes -= old.data.length;
    }
    return image;
  }
}

function useful(scene: Scene): boolean {
  const seen = scene.keypoints.filter(({ visible }) => visible).length;
  const { width, height } = scene.size;
  return scene.box !== undefined && seen >= 4 && scene.area >= 0.02 * width * height && scene.cut < 0.45 &&
    scene.covered < 0.5;
}
