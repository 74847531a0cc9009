import type { Image } from "../types.ts";
import { loadSharp } from "./_sharp.ts";

type Pixels = Pick<Image, "width" | "height" | "data">;

/** The bytes of an RGB PNG file, lossless, without metadata. */
export async function encodePng({ width, height, data }: Pixels): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

/** The bytes of a baseline JPEG file without chroma subsampling. @param quality 1..100 */
export async function encodeJpeg({ width, height, data }: Pixels, quality = 95): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const raw = { width, height, channels: 3 } as const;
  return await sharp(data, { raw }).jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}
