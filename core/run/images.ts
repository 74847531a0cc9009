import { InputError } from "../errors.ts";
import type { Image, ImageRef } from "../types.ts";

/** The most recently decoded pictures of a benchmark, so that neighbouring pairs share them; bounded in bytes. */
export class ImageLoader {
  readonly #held = new Map<string, Promise<Image>>();
  readonly #bytes = new Map<string, number>();
  #total = 0;

  constructor(readonly maxBytes = 64 * 1024 * 1024) {}

  /** Decodes a picture. Throws InputError naming the file, also where its size is not the annotated one. */
  async load(ref: ImageRef): Promise<Image> {
    const held = this.#held.get(ref.id);
    if (held !== undefined) {
      this.#held.delete(ref.id);
      this.#held.set(ref.id, held);
      return await held;
    }
    const promise = decode(ref);
    this.#held.set(ref.id, promise);
    try {
      const image = await promise;
      this.#bytes.set(ref.id, image.data.length);
      this.#total += image.data.length;
    } catch (error) {
      this.#held.delete(ref.id);
      throw error;
    }
    for (const oldest of this.#held.keys()) {
      if (this.#total <= this.maxBytes || oldest === ref.id) break;
      this.#held.delete(oldest);
      this.#total -= this.#bytes.get(oldest) ?? 0;
      this.#bytes.delete(oldest);
    }
    return await promise;
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
