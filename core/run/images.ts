import { Lru } from "../cache/lru.ts";
import { InputError } from "../errors.ts";
import type { Image, ImageRef } from "../types.ts";

/** The most recently decoded pictures of a benchmark, so that neighbouring pairs share them; bounded in bytes. */
export class ImageLoader {
  readonly #held: Lru<Image>;

  constructor(maxBytes = 64 * 1024 * 1024) {
    this.#held = new Lru(maxBytes);
  }

  /** Decodes a picture. Throws InputError naming the file, also where its size is not the annotated one. */
  async load(ref: ImageRef): Promise<Image> {
    const held = this.#held.get(ref.id);
    if (held !== undefined) return held;
    const image = await decode(ref);
    this.#held.set(ref.id, image, image.data.length);
    return image;
  }
}

/** Throws InputError for a picture that has no content to match: a side of one pixel. */
export function checkMatchable({ width, height, origin }: Image): void {
  if (width >= 2 && height >= 2) return;
  throw new InputError(`Cannot match "${origin}": it is ${width}x${height}; a picture needs at least 2 pixels a side`);
}

async function decode(ref: ImageRef): Promise<Image> {
  const image = await ref.load();
  checkMatchable(image);
  const { size } = ref;
  if (size !== undefined && (size.width !== image.width || size.height !== image.height)) {
    throw new InputError(
      `Cannot use "${ref.origin}": it is ${image.width}x${image.height} but its annotation says ${size.width}x${size.height}`,
    );
  }
  return image;
}
