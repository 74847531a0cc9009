import { sha256 } from "../sha256.ts";
import type { Image } from "../types.ts";

/**
 * The picture mirrored left to right. Its sha256 is that of the recipe `mirrored:<sha256>`: caches of features must not
 * take it for the picture itself.
 */
export async function flip(image: Image): Promise<Image> {
  return {
    ...image,
    data: flipColumns(image.data, image.height, image.width, 3),
    sha256: await sha256(`mirrored:${image.sha256}`),
    origin: `${image.origin} (mirrored)`,
  };
}

/** Any interleaved map mirrored left to right. @param data [rows][cols][channels] @returns the same shape */
export function flipColumns<T extends Uint8Array | Float32Array>(
  data: T,
  rows: number,
  cols: number,
  channels: number,
): T {
  if (data.length !== rows * cols * channels) {
    throw new RangeError(
      `Cannot mirror: the data has ${data.length} values and its shape needs ${rows * cols * channels}`,
    );
  }
  const out = data.slice() as T;
  for (let r = 0; r < rows; r++) {
    for (let x = 0; x < cols; x++) {
      const from = (r * cols + x) * channels;
      out.set(data.subarray(from, from + channels), (r * cols + cols - 1 - x) * channels);
    }
  }
  return out;
}
