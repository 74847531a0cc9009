/**
 * Whole pairs of pictures for benchmarks: from pixels to flow, descriptors included.
 *
 * @module
 */
import { buildMethod } from "../build.ts";
import { parseWords, resolveRuns } from "../config.ts";
import { decodeImage } from "../image/decode.ts";
import { resizePil } from "../image/resize.ts";
import { Registry } from "../registry.ts";
import type { Image, Size } from "../types.ts";
import { sharedPath } from "./shared.ts";

const FOLDER = "data/PF-WILLOW/PF-dataset-WILLOW/car(S)";

/** Two pictures of cars where the shared folder has them, else two of a texture; resized where they are not of the size. */
async function pictures(size: Size): Promise<[Image, Image]> {
  try {
    const folder = sharedPath(FOLDER);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".png")).sort();
    const images = await Promise.all(
      names.slice(0, 2).map((name) => decodeImage(`${folder}/${name}`, { orientation: "ignore" })),
    );
    return images.map((image) => ({ ...image, ...size, data: resizePil(image, size, "bicubic") })) as [Image, Image];
  } catch {
    return [texture(size, 0), texture(size, 9)];
  }
}

function texture({ width, height }: Size, shift: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % width + shift, y = Math.floor(i / 3 / width);
    data[i] = 128 + 60 * Math.sin(x / 7.3 + Math.sin(y / 15.1) * 2) + 60 * Math.sin(y / 8.9 + Math.sin(x / 23.7) * 3);
  }
  return { width, height, data, sha256: `texture ${shift}`, origin: `texture ${shift}` };
}

/**
 * Registers a benchmark: the flow of a pair, nothing kept from one round to the next.
 *
 * @param words as of `deno task run`, with `method=`
 */
export function benchPair(words: readonly string[], size: Size): void {
  const made = (async () => {
    const registry = await Registry.open();
    const settings = ["run.cache_disk=0", "run.cache_memory=0", ...words];
    const [config] = await resolveRuns(registry, [parseWords(settings)]);
    return { built: await buildMethod(registry, config!, () => {}), images: await pictures(size) };
  })();
  let round = 0;
  const method = words.find((word) => word.startsWith("method="))!;
  Deno.bench(`${words.join(" ")}, ${size.width}x${size.height}`, { group: method, warmup: 1, n: 5 }, async () => {
    const { built, images } = await made;
    round++;
    const [source, target] = images.map((image) => ({ ...image, sha256: `${image.sha256} ${round}` }));
    await built.method.flow!(source!, target!);
  });
}
