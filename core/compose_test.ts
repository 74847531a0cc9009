import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { openOps } from "../ffi/mod.ts";
import { compose, isVolume } from "./compose.ts";
import { ConfigError } from "./errors.ts";
import { identityFrame, pointsOf, sampledGrid } from "./frame.ts";
import { localizers } from "./localize/mod.ts";
import { cosine } from "./match/cosine.ts";
import { softMutual } from "./match/mutual.ts";
import { followFlow } from "./match/sample.ts";
import type { Backbone, CostVolume, FeatureMap, Flow, Image, Matcher } from "./types.ts";
import { defaultsOf } from "./value.ts";

const blank = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
  sha256: "",
  origin: "t",
});

/** A map of one descriptor per pixel. */
function mapOf(width: number, height: number, channels: number, data: number[]): FeatureMap {
  return {
    name: "m",
    channels,
    data: Float32Array.from(data),
    frame: identityFrame({ width, height }),
    grid: sampledGrid(height, width, { x: 1, y: 1 }, { x: 0, y: 0 }),
  };
}

const nearest = () => localizers.nearest!.build(defaultsOf(localizers.nearest!.defaults));

Deno.test("cosine() gives a.b / ((|a| + eps) (|b| + eps))", async () => {
  const maps = { source: mapOf(1, 1, 2, [3, 4]), target: mapOf(3, 1, 2, [4, 3, 0, 0, -6, -8]) };
  const volume = await cosine({ eps: 1 }).match(maps) as CostVolume;
  const rows = await volume.rows([0]);
  // |a| = 5: 24 / (6 * 6), 0, -50 / (6 * 11)
  [24 / 36, 0, -50 / 66].forEach((want, i) => assertAlmostEquals(rows[i]!, want, 1e-6));
  assertEquals(await volume.dense(), rows);
});

Deno.test("cosine() interpolates descriptors between cells before it normalises them", async () => {
  const maps = { source: mapOf(2, 1, 2, [2, 0, 0, 4]), target: mapOf(1, 1, 2, [1, 1]) };
  const volume = await cosine({ eps: 0 }).match(maps) as CostVolume;
  // Half way the descriptor is (1, 2): (1 + 2) / (sqrt 5 sqrt 2).
  const row = await volume.sample({ n: 1, xy: Float64Array.of(0.5, 0) });
  assertAlmostEquals(row[0]!, 3 / Math.sqrt(10), 1e-6);
});

Deno.test("cosine() answers five rows as it answers each alone", async () => {
  const values = Array.from({ length: 15 }, (_, i) => Math.sin(i * 1.7));
  const maps = { source: mapOf(5, 1, 3, values), target: mapOf(4, 1, 3, values.slice(2, 14)) };
  const volume = await cosine().match(maps) as CostVolume;
  const all = await volume.dense();
  for (let i = 0; i < 5; i++) assertEquals(await volume.rows([i]), all.slice(4 * i, 4 * i + 4));
});

Deno.test("cosine() gives natively what it gives here, to float32 accuracy", async () => {
  using ops = await openOps({ ops: "reference" });
  const side = 60, channels = 6;
  const values = (seed: number) => Array.from({ length: side * side * channels }, (_, i) => Math.sin(i * seed));
  const maps = { source: mapOf(side, side, channels, values(1.3)), target: mapOf(side, side, channels, values(0.7)) };
  const own = await (await cosine().match(maps) as CostVolume).dense();
  const native = await (await cosine({ ops }).match(maps) as CostVolume).dense();
  assertEquals(native.length, own.length);
  let worst = 0;
  for (let i = 0; i < own.length; i++) worst = Math.max(worst, Math.abs(own[i]! - native[i]!));
  assert(worst > 0 && worst < 1e-6, `differs by ${worst}: 0 would mean that the same code ran twice`);
});

Deno.test("softMutual() multiplies by the ratios to the best of row and column", async () => {
  // Volume [[1, .5], [.5, .25]]: the last cell is half the best of its row and half the best of its column.
  const volume: CostVolume = {
    source: mapOf(2, 1, 1, [0, 0]),
    target: mapOf(2, 1, 1, [0, 0]),
    rows: (cells) =>
      Promise.resolve(Float32Array.from([...Array.from(cells)].flatMap((c) => c === 0 ? [1, 0.5] : [0.5, 0.25]))),
    sample: () => Promise.reject(new Error("unused")),
    dense: () => Promise.resolve(Float32Array.of(1, 0.5, 0.5, 0.25)),
  };
  const filtered = await softMutual({ eps: 0, block: 1 }).aggregate(volume, {
    source: mapOf(2, 1, 1, [0, 0]),
    target: mapOf(2, 1, 1, [0, 0]),
  });
  // c * (c / row max) * (c / column max)
  assertEquals([...await filtered.dense()], [1, 0.5 * 0.5 * 1, 0.5 * 1 * 0.5, 0.25 * 0.5 * 0.5]);
  assertEquals([...await filtered.rows([1])], [0.25, 0.0625]);
});

Deno.test("compose() maps points through the pipeline and keeps predictions inside the target", async () => {
  const backbone: Backbone = {
    identity: "columns",
    extract: ({ width, height }) =>
      Promise.resolve([
        mapOf(
          width,
          height,
          2,
          Array.from({ length: width * height }, (_, i) => [Math.cos(i % width), Math.sin(i % width)]).flat(),
        ),
      ]),
  };
  const method = compose({ backbone, matcher: cosine(), localizer: nearest() });
  const matches = await method.correspond(blank(4, 1), blank(3, 1), pointsOf([[0, 0], [2, 0]]));
  assertEquals([...matches.xy], [0, 0, 2, 0]);
  const flow = await method.flow!(blank(3, 1), blank(3, 1));
  assertEquals([...flow.data], [0, 0, 1, 0, 2, 0]);
});

Deno.test("compose() matches ten keypoints on 60x60 cells of 768 channels by ten rows, never by the whole volume", async () => {
  const side = 60, channels = 768;
  const data = Float32Array.from(
    { length: side * side * channels },
    (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011),
  );
  const backbone: Backbone = {
    identity: "large",
    extract: () => Promise.resolve([{ ...mapOf(side, side, channels, []), data }]),
  };
  let similarities = 0;
  const matcher: Matcher = {
    async match(maps) {
      const volume = await cosine().match(maps) as CostVolume;
      const count = (rows: Float32Array) => (similarities += rows.length, rows);
      return {
        source: volume.source,
        target: volume.target,
        rows: async (cells) => count(await volume.rows(cells)),
        sample: async (cells) => count(await volume.sample(cells)),
        dense: () => Promise.reject(new Error("the whole volume was asked for")),
      };
    },
  };
  const points = pointsOf(Array.from({ length: 10 }, (_, i) => [6 * i, 59 - 6 * i] as const));
  for (const [name, plugin] of Object.entries(localizers)) {
    similarities = 0;
    const method = compose({ backbone, matcher, localizer: plugin.build(defaultsOf(plugin.defaults)) });
    await method.correspond(blank(side, side), blank(side, side), points);
    // The bilinear localizer asks for the four cells around each query.
    assertEquals(similarities, (name === "bilinear" ? 40 : 10) * side * side, name);
  }
});

Deno.test("compose() refuses a backbone of several maps that nothing joins, and names them", async () => {
  const backbone: Backbone = {
    identity: "two",
    extract: () => Promise.resolve([mapOf(1, 1, 1, [1]), mapOf(1, 1, 1, [1])]),
  };
  const method = compose({ backbone, matcher: cosine(), localizer: nearest() });
  await assertRejects(
    () => method.correspond(blank(2, 2), blank(2, 2), pointsOf([[0, 0]])),
    ConfigError,
    "Cannot choose among 2 maps (m, m)",
  );
});

Deno.test("followFlow() interpolates, shares the weight of unknown neighbours, and gives NaN where all are unknown", () => {
  const lattice = {
    frame: identityFrame({ width: 3, height: 1 }),
    grid: sampledGrid(1, 3, { x: 1, y: 1 }, { x: 0, y: 0 }),
  };
  const flow: Flow = { source: lattice, target: lattice, data: Float32Array.of(10, 1, 20, 3, NaN, NaN) };
  const { xy } = followFlow(flow, pointsOf([[0.25, 0], [1.5, 0], [2, 0]]));
  assertEquals([...xy], [12.5, 1.5, 20, 3, NaN, NaN]);
  assertEquals(isVolume(flow), false);
});
