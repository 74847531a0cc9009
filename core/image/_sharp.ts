import type sharp from "sharp";

let module: Promise<typeof sharp> | undefined;

/**
 * The `sharp` function, imported when first needed: loading the native library costs about 80 ms, which commands that
 * decode nothing must not pay.
 */
export function loadSharp(): Promise<typeof sharp> {
  return module ??= import("sharp").then(({ default: sharp }) => {
    // The memory of a run belongs to feature maps: libvips keeps no cache of operations and decodes on one thread
    // (a JPEG decoder is sequential anyway).
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
}
