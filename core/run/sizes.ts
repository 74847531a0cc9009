import type { ImageRef, Size } from "../types.ts";

/** Sizes of pictures: from the annotation, or from the file where it has none; each file is decoded once. */
export function pictureSizes(): (ref: ImageRef) => Promise<Size> {
  const known = new Map<string, Size>();
  return async (ref) => {
    let size = ref.size ?? known.get(ref.id);
    if (size === undefined) {
      const { width, height } = await ref.load();
      known.set(ref.id, size = { width, height });
    }
    return size;
  };
}
