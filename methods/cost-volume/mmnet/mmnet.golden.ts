import { descriptorsOfInput, setOf } from "../../../core/consensus/golden.ts";
import { toCells, toPoints, upperLeftLattice } from "../../../core/frame.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { gather } from "../../../core/graph/ops/mod.ts";
import { nearest } from "../../../core/localize/nearest.ts";
import type { Descriptors, Ops } from "../../../core/consensus/volume.ts";
import type { Pair } from "../../../core/types.ts";
import { HeadNetwork } from "./network.ts";
import { takeMmnet, UNUSED } from "./parameters.ts";
import { accumulatedVolume } from "./volume.ts";

/** MMNet's blocks, stages and correlations, and its matches of key-points. */
export default vectorsOfEveryOps("mmnet", async (c, ops) => {
  const set = setOf(c);
  const stages = takeMmnet(set, []);
  set.finish("MMNet", UNUSED);
  const head = new HeadNetwork(stages);
  const shown = new HeadNetwork(stages, (g, head) => ({
    msblock1_1: gather(g, head.blocks[0]!, 1, counting(8)),
    stage4: head.stages[3]!,
    stage1: gather(g, head.stages[0]!, 1, counting(6)),
  }));
  const count = stages.reduce((sum, { blocks }) => sum + blocks.length, 0);
  const mapsOf = (item: number): Descriptors[] =>
    counting(count).map((k) => {
      const map = descriptorsOfInput(c, `feat${k + 1}`, item);
      return { ...map, data: map.data.map((value) => Math.max(value, 0)) };
    });
  const maps = { source: mapsOf(0), target: mapsOf(1) };
  const [source, target] = [await shown.run(maps.source), await shown.run(maps.target)];
  const levels = { source: await head.describe(maps.source), target: await head.describe(maps.target) };
  await shown.close();
  await head.close();
  const back = { source: levels.target, target: levels.source };
  const out: Record<string, ArrayLike<number>> = {
    msblock1_1: source["msblock1_1"]!.data,
    ...bothOf("stage4", source["stage4"]!.data, target["stage4"]!.data),
    ...bothOf("stage1", source["stage1"]!.data, target["stage1"]!.data),
  };
  for (const level of [1, 2, 3, 4]) {
    out[`corr${level}_AB`] = await volumeOf(ops, levels, level).dense();
    out[`corr${level}_BA`] = await volumeOf(ops, back, level).dense();
  }
  for (const level of [1, 2]) out[`prd_kps_level${level}`] = await matched(c, ops, levels, level);
  return out;
});

function counting(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function bothOf(name: string, a: Float32Array, b: Float32Array): Record<string, ArrayLike<number>> {
  return { [name]: Float32Array.from([...a, ...b]) };
}

function volumeOf(ops: Ops, levels: Pair<Descriptors[]>, level: number, size = { width: 1, height: 1 }) {
  const { rows, cols } = levels.source[level - 1]!;
  const lattice = upperLeftLattice(size, rows, cols);
  return accumulatedVolume(ops, levels, level - 1, { source: lattice, target: lattice });
}

/** Key-points of the recording are [x.., y..] in [-1, 1] of a picture of four pixels per cell of the finest level. */
async function matched(c: GoldenCase, ops: Ops, levels: Pair<Descriptors[]>, level: number) {
  const { rows, cols } = levels.source[0]!;
  const size = { width: 4 * cols, height: 4 * rows };
  const { data } = c.input("kps_u"), n = data.length / 2;
  const xy = Float64Array.from(
    { length: 2 * n },
    (_, i) => (data[(i % 2) * n + (i >> 1)]! * 0.5 + 0.5) * (i % 2 === 0 ? size.width : size.height),
  );
  const volume = volumeOf(ops, levels, level, size);
  const cells = await nearest.build().localize(volume, toCells({ n, xy }, volume.source));
  const found = toPoints(cells, volume.target).xy;
  return [0, 1].flatMap((axis) => [...found].filter((_, i) => i % 2 === axis));
}
