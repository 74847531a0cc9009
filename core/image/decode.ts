/**
 * Pictures from files and bytes: JPEG, PNG and WebP to 8-bit RGB.
 *
 * The pixels are those of `PIL.Image.open(path).convert("RGB")`, on which published numbers rest:
 * - JPEG by libjpeg's default (accurate integer) transform, bit for bit;
 * - embedded ICC profiles are ignored, values are taken as they are stored;
 * - alpha is dropped, not composited: a transparent pixel shows the colour stored under it;
 * - grey becomes three equal channels; palettes are expanded;
 * - 16-bit samples keep their high byte;
 * - CMYK (and Adobe's YCCK) becomes R = (255 - C) * (255 - K) / 255, and so on, without a profile.
 *
 * @module
 */
import type { Metadata, SharpOptions } from "sharp";
import { InputError, messageOf } from "../errors.ts";
import type { Image, Size } from "../types.ts";
import { sha256 } from "../sha256.ts";
import { loadSharp } from "./_sharp.ts";

/** How a file becomes a picture. */
export interface DecodeOptions {
  /**
   * `exif`: rotate and mirror as the file's orientation tag says, as viewers do. `ignore`: the stored rows and columns,
   * as PIL and the official benchmark code read them; annotations refer to these.
   */
  readonly orientation: "exif" | "ignore";
  /** Refuse pictures of more pixels, before decoding them. Default: {@linkcode MAX_PIXELS}. */
  readonly maxPixels?: number;
}

/** The default limit of width * height, 64 Mpx: 192 MB decoded, and far above any benchmark picture. */
export const MAX_PIXELS = 64e6;

const FORMATS: ReadonlySet<string> = new Set(["jpeg", "png", "webp"]);

/**
 * Decodes a picture file.
 *
 * @throws InputError naming the file: absent, a folder, unreadable, empty, not a JPEG, PNG or WebP, truncated or
 * damaged, or above `maxPixels`.
 */
export async function decodeImage(path: string, options: DecodeOptions): Promise<Image> {
  return await decodeBytes(await readPicture(path), path, options);
}

/**
 * Decodes a picture from the bytes of a file.
 *
 * @param origin names the picture in messages and in the result.
 * @throws InputError as {@linkcode decodeImage}.
 */
export async function decodeBytes(
  bytes: Uint8Array<ArrayBuffer>,
  origin: string,
  options: DecodeOptions,
): Promise<Image> {
  const metadata = await header(bytes, origin);
  const size = `${metadata.width}x${metadata.height}`;
  const limit = options.maxPixels ?? MAX_PIXELS;
  const pixels = metadata.width * metadata.height;
  if (pixels > limit) {
    const mega = (n: number) => Number((n / 1e6).toFixed(1));
    throw new InputError(
      `Cannot decode "${origin}": ${size} is ${mega(pixels)} megapixels and the limit is ${mega(limit)}; ` +
        `shrink the picture or raise maxPixels`,
    );
  }
  try {
    const { data, width, height } = await pixelsOf(bytes, metadata, options.orientation);
    // A turned picture is another picture than the stored one: caches of features must not take one for the other.
    const turn = options.orientation === "exif" ? metadata.orientation ?? 1 : 1;
    const stored = await sha256(bytes);
    return { width, height, data, sha256: turn === 1 ? stored : await sha256(`orientation ${turn}:${stored}`), origin };
  } catch (error) {
    throw new InputError(
      `Cannot decode "${origin}": the ${metadata.format} data is truncated or damaged (${messageOf(error)})`,
      { cause: error },
    );
  }
}

/**
 * The size a picture will have when decoded, read from its header only.
 *
 * @throws InputError as {@linkcode decodeImage}, except that damage behind the header is not seen.
 */
export async function imageSize(path: string, options: Pick<DecodeOptions, "orientation">): Promise<Size> {
  const { size, isDirectory } = await reading(path, () => Deno.stat(path));
  if (isDirectory) throw new InputError(`Cannot read picture "${path}": ${FOLDER}`);
  // Given a path, libvips reads as far as the header goes.
  const metadata = await header(size === 0 ? new Uint8Array() : path, path);
  const { width, height } = options.orientation === "exif" ? metadata.autoOrient : metadata;
  return { width, height };
}

// limitInputPixels is off because the limit is checked on the header, with a message that says what to do.
// failOn "error" refuses truncated files but accepts libjpeg warnings (stray bytes), as PIL does.
const INPUT: SharpOptions = { limitInputPixels: false, failOn: "error", ignoreIcc: true };

const FOLDER = "it is a folder, not a picture";

async function readPicture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await reading(path, () => Deno.readFile(path));
}

/** Runs a file operation and says in the project's words why it failed. */
async function reading<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.IsADirectory || await isFolder(path)
      ? FOLDER
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : messageOf(error);
    throw new InputError(`Cannot read picture "${path}": ${why}`, { cause: error });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** @param file its bytes or its path */
async function header(file: Uint8Array | string, origin: string): Promise<Metadata> {
  if (file.length === 0) throw new InputError(`Cannot decode "${origin}": the file is empty (0 bytes)`);
  const sharp = await loadSharp();
  let metadata: Metadata;
  try {
    metadata = await sharp(file, INPUT).metadata();
  } catch (error) {
    throw new InputError(
      `Cannot decode "${origin}": it is not a JPEG, PNG or WebP picture, or it is cut off or damaged`,
      { cause: error },
    );
  }
  if (!FORMATS.has(metadata.format)) {
    throw new InputError(
      `Cannot decode "${origin}": it is a ${metadata.format} file; convert it to JPEG, PNG or WebP first`,
    );
  }
  return metadata;
}

async function pixelsOf(
  bytes: Uint8Array,
  metadata: Metadata,
  orientation: DecodeOptions["orientation"],
): Promise<Size & { data: Uint8Array }> {
  const sharp = await loadSharp();
  const cmyk = metadata.space === "cmyk";
  let pipeline = sharp(bytes, { ...INPUT, autoOrient: orientation === "exif" });
  // Left alone, libvips would run CMYK through a profile of its own.
  pipeline = cmyk
    ? pipeline.pipelineColourspace("cmyk").toColourspace("cmyk")
    : pipeline.removeAlpha().toColourspace("srgb");
  const { data, info } = await pipeline.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== (cmyk ? 4 : 3)) throw new Error(`${channels} channels after decoding`);
  return { width, height, data: cmyk ? cmykToRgb(data) : toPlainArray(data) };
}

// The buffer may be a window into a pool shared with other buffers: an Image owns its memory.
function toPlainArray(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? new Uint8Array(data.buffer) : Uint8Array.from(data);
}

function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const n = cmyk.length / 4;
  const rgb = new Uint8Array(n * 3);
  for (let i = 0; i < n; i++) {
    const light = 255 - cmyk[4 * i + 3]!;
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round((255 - cmyk[4 * i + c]!) * light / 255);
  }
  return rgb;
}
