import { basename, dirname, relative } from "@std/path";
import { InputError } from "../errors.ts";
import { decodeImage, imageSize } from "../image/decode.ts";
import type { Image, ImageRef, Size } from "../types.ts";

/** How the pictures of a benchmark are read. */
export interface ImageFolderOptions {
  /**
   * Whether an EXIF orientation tag turns the picture. Annotations refer to the stored rows and columns wherever the
   * official code reads with PIL, which is `ignore`, the default.
   */
  readonly orientation?: "exif" | "ignore";
}

/**
 * The pictures below one folder: one {@linkcode ImageRef} per file, however many pairs name it. Existence is checked
 * against folder listings read once, so that tens of thousands of references cost a few system calls.
 */
export class ImageFolder {
  readonly #orientation: "exif" | "ignore";
  readonly #refs = new Map<string, ImageRef>();
  readonly #listings = new Map<string, ReadonlySet<string>>();

  constructor(readonly root: string, options: ImageFolderOptions = {}) {
    this.#orientation = options.orientation ?? "ignore";
  }

  /** Whether the file is there. */
  has(path: string): boolean {
    const folder = dirname(path);
    let names = this.#listings.get(folder);
    if (!names) this.#listings.set(folder, names = listing(folder));
    return names.has(basename(path));
  }

  /**
   * A picture by path; its id is the path relative to the root, with `/`.
   *
   * @param size what the annotation says; loading fails where the file disagrees
   * @param where the annotation that names the picture, for messages
   */
  ref(path: string, where: string, size?: Size): ImageRef {
    const id = relative(this.root, path).replaceAll("\\", "/");
    const known = this.#refs.get(id);
    if (known) {
      if (size && known.size && !same(size, known.size)) {
        throw new InputError(`${where}: the size of "${id}" is ${show(size)}, elsewhere it is ${show(known.size)}`);
      }
      return known;
    }
    if (!this.has(path)) throw new InputError(`${where}: names the picture "${path}", which does not exist`);
    const orientation = this.#orientation;
    const ref: ImageRef = {
      id,
      origin: path,
      ...(size ? { size } : {}),
      async load(): Promise<Image> {
        const image = await decodeImage(path, { orientation });
        if (!size || same(size, image)) return image;
        throw new InputError(`${where}: the size of "${id}" is ${show(size)}, the file "${path}" has ${show(image)}`);
      },
    };
    this.#refs.set(id, ref);
    return ref;
  }

  /** {@linkcode ref} with the size read from the file's header, for annotations that tell none. */
  async sized(path: string, where: string): Promise<ImageRef> {
    const known = this.#refs.get(relative(this.root, path).replaceAll("\\", "/"));
    if (known?.size) return known;
    if (!this.has(path)) return this.ref(path, where);
    return this.ref(path, where, await imageSize(path, { orientation: this.#orientation }));
  }
}

function listing(folder: string): ReadonlySet<string> {
  try {
    return new Set([...Deno.readDirSync(folder)].map((entry) => entry.name));
  } catch {
    return new Set();
  }
}

function same(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function show({ width, height }: Size): string {
  return `${width}x${height}`;
}
