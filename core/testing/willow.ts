/**
 * A quick look at how well a method does on real pictures.
 *
 * @module
 */
import { buildBenchmark, buildMethod } from "../build.ts";
import { parseWords, resolveRuns } from "../config.ts";
import { Registry } from "../registry.ts";
import { sharedPath } from "./shared.ts";

/** Entry of the shared folder that {@linkcode willowPck} needs. */
export const WILLOW = "data/PF-WILLOW";

/**
 * Share of keypoints within a tenth of the target's tight keypoint box (its longer side), over every `every`-th pair of
 * PF-WILLOW's pictures in the shared folder.
 *
 * @param words as of `deno task run`, with `method=`
 */
export async function willowPck(words: readonly string[], every: number): Promise<number> {
  const registry = await Registry.open();
  const settings = ["benchmark=pf-willow", `benchmark.root=${sharedPath(WILLOW)}`, "run.cache_disk=0", ...words];
  const [config] = await resolveRuns(registry, [parseWords(settings)]);
  const benchmark = await buildBenchmark(registry, config!, () => {});
  await using built = await buildMethod(registry, config!, () => {});
  let hits = 0, all = 0;
  for (const { images, points } of benchmark.pairs.filter((_, i) => i % every === 0)) {
    const [source, target] = [await images.source.load(), await images.target.load()];
    const { xy } = await built.method.correspond(source, target, points.source);
    const truth = points.target.xy, n = points.target.n;
    const extent = (axis: number) => {
      const values = truth.filter((_, i) => i % 2 === axis);
      return Math.max(...values) - Math.min(...values);
    };
    const limit = 0.1 * Math.max(extent(0), extent(1));
    for (let i = 0; i < n; i++) {
      if (Math.hypot(xy[2 * i]! - truth[2 * i]!, xy[2 * i + 1]! - truth[2 * i + 1]!) <= limit) hits++;
    }
    all += n;
  }
  return hits / all;
}
