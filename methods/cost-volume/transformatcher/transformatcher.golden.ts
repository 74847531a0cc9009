import { carriedPlanes, descriptorsOfInput, setOf, sizeOf, underGaussian } from "../../../core/consensus/golden.ts";
import { interleaved, levelCorrelation, unit } from "../../../core/consensus/hypercolumn.ts";
import { type Ops, resizedVolume } from "../../../core/consensus/volume.ts";
import { vectorsOfEveryOps } from "../../../core/golden/every_ops.ts";
import type { GoldenCase } from "../../../core/golden/vectors.ts";
import { toPlanes } from "../../../core/image/colour.ts";
import { angles, attended, embedded, refined, takeNetwork } from "./network.ts";

/** The network stage by stage, its correlations, and the transfer of points. */
export default vectorsOfEveryOps(
  "transformatcher",
  (c, ops) => c.json.params.length === 0 ? geometry(c, ops) : network(c, ops),
);

async function network(c: GoldenCase, ops: Ops): Promise<Record<string, ArrayLike<number>>> {
  const set = setOf(c), { shape, data } = c.input("corr");
  const frequencies = Float32Array.from((c.config["constants"] as Record<string, number[]>)["pos_emb.freqs"]!);
  const read = takeNetwork(set, shape[1]!, frequencies);
  set.finish("TransforMatcher", ["match2match.posenc"]);
  const net = read(), size = sizeOf(shape), tokens = size.reduce((a, b) => a * b, 1);
  const turns = angles(tokens, frequencies), items: Record<string, Float32Array>[] = [];
  for (let item = 0; item < shape[0]!; item++) {
    const levels = shape[1]!;
    const features = interleaved(Array.from({ length: levels }, (_, level) => {
      const from = (item * levels + level) * tokens;
      return data.subarray(from, from + tokens);
    }));
    const found: Record<string, Float32Array> = { embedded: await embedded(ops, features, net) };
    const last = await attended(ops, found["embedded"]!, net, turns, async (name, values) => {
      found[name] = await values();
    });
    found["refined"] = await refined(ops, last, net);
    items.push(found);
  }
  const out: Record<string, ArrayLike<number>> = { cos: turns.cosine, sin: turns.sine };
  for (const name of Object.keys(items[0]!)) out[name] = items.flatMap((found) => [...found[name]!]);
  if (new Set(size).size === 1) {
    const data = items[0]!["refined"]!;
    out["upsampled"] = (await resizedVolume(ops, { size, data }, (c.config["imside"] as number) / 8)).data;
    out["upsampled_every_97th"] = Array.from(out["upsampled"]).filter((_, i) => i % 97 === 0);
  }
  return out;
}

async function geometry(c: GoldenCase, ops: Ops): Promise<Record<string, ArrayLike<number>>> {
  const side = 15, columns = side * side, levels: Float32Array[] = [];
  for (const level of [0, 1]) {
    const pair = {
      source: descriptorsOfInput(c, `src${level}`),
      target: descriptorsOfInput(c, `trg${level}`),
    };
    levels.push(await levelCorrelation(ops, pair, side));
  }
  const chosen: number[] = [];
  for (const values of levels) {
    for (let i = 0; i < side; i += 3) {
      for (let j = 1; j < side; j += 4) {
        for (let k = 0; k < side; k += 2) {
          for (let l = 2; l < side; l += 5) chosen.push(values[(i * side + j) * columns + k * side + l]!);
        }
      }
    }
  }
  const first = descriptorsOfInput(c, "src0"), conf = c.input("conf").data;
  const size = c.config["imside"] as number, grid = size / 8, cells = grid * grid;
  const points = { u: c.input("kps_u").data, n: c.config["n_pts"] as number, size, side: grid };
  const row = (i: number) => conf.subarray(i * cells, (i + 1) * cells);
  return {
    l2norm: toPlanes((await unit(ops, first)).data, first.channels),
    corr_sub: chosen,
    gauss_rows0_2: [0, 1, 2].flatMap((i) => [...underGaussian(row(i), grid, 10)]),
    prd_kps_test: await carriedPlanes(ops, conf, points, { sigma: 10, reach: 0.05, floor: 1e-5 }),
    prd_kps_train: await carriedPlanes(ops, conf, points, { sigma: 10, reach: 0.1, floor: 1e-5 }),
  };
}
