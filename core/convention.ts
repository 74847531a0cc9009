import { onlyMap } from "./compose.ts";
import { withConvention } from "./frame.ts";
import type { Enhancer } from "./types.ts";

/**
 * The backbone's only map, read under a coordinate convention: `native` as the backbone describes it, or
 * `align-corners` as the survey's code does for every network (PAPER A6).
 *
 * @throws ConfigError when the backbone gives several maps.
 */
export function convention(name: string): Enhancer {
  if (name === "native") return onlyMap;
  return {
    async enhance(maps) {
      const { source, target } = await onlyMap.enhance(maps);
      return { source: withConvention(source, "align-corners"), target: withConvention(target, "align-corners") };
    },
  };
}
