import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../core/errors.ts";
import { divideGrid, pointsOf, stretchFrame, toPoints } from "../../../core/frame.ts";
import { type GoldenCase, readCase } from "../../../core/golden/vectors.ts";
import { vitBackbone } from "../../../core/graph/vit/backbone.ts";
import { toInterleaved } from "../../../core/image/colour.ts";
import { kernelSoftArgmax } from "../../../core/localize/kernel_soft_argmax.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import type { Backbone, Card, FeatureMap, Image, Localizer, MethodContext } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { blockList, named, network, safetensors, tiny, torchList, type Written } from "./_checkpoints.ts";
import plugin from "./mod.ts";

const card = { name: "tiny", version: 1, weights: [] as Card["weights"] } as Card;
const quiet = { log: () => {} };
const localizer = kernelSoftArgmax.build({ temperature: 0.03, sigma: 7 });

function picture(width: number, height: number, seed: number): Image {
  const data = new Uint8Array(width * height * 3).map((_, i) => 127 + 120 * Math.sin(i * 0.021 * seed + seed));
  return { width, height, data, sha256: String(seed), origin: "test" };
}

/** The tiny network from a whole checkpoint, with the method's own weights. */
async function backboneOf(weights: string, tuned = ""): Promise<Backbone> {
  const vit = vitBackbone(tiny);
  const options = { ...defaultsOf(vit.defaults), weights, ...plugin.backboneOptions({ weights: tuned }) };
  return await vit.build({ card, ...quiet }, options as Parameters<typeof vit.build>[1]);
}

const methodOf = async (backbone: Backbone, locate: Localizer = localizer) =>
  await plugin.build({ card, ...quiet, backbone, localizer: locate } as unknown as MethodContext);

async function withFiles(files: Record<string, Uint8Array>, run: (path: (name: string) => string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${dir}/${name}`, bytes);
    await run((name) => `${dir}/${name}`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const before = [1, 2, 3, 4].map(blockList);
const after = [...before.slice(0, 2), blockList(5), blockList(6)];
const base = safetensors(network(before));
const last = [...after[2]!, ...after[3]!];

Deno.test("a fine-tuned checkpoint of either form gives the network that a whole checkpoint of those values gives", () =>
  withFiles({
    "base.safetensors": base,
    "whole.safetensors": safetensors(network(after)),
    "best_weights.pt": torchList("dino", last),
    "ours.safetensors": safetensors({ ...named(after[2]!, 2), ...named(after[3]!, 3) }),
  }, async (path) => {
    const extract = async (tuned: string, from = "base.safetensors") => {
      const backbone = await backboneOf(path(from), tuned && path(tuned));
      const [map] = await backbone.extract(picture(90, 60, 1));
      await backbone.close?.();
      return { identity: backbone.identity, map: map! };
    };
    const want = await extract("", "whole.safetensors");
    const untuned = await extract("");
    assertEquals([want.map.grid.rows, want.map.grid.cols, want.map.channels], [6, 6, 24]);
    for (const form of ["best_weights.pt", "ours.safetensors"]) {
      const { map, identity } = await extract(form);
      // Same values, same operations; only where the weights lie differs.
      map.data.forEach((value, i) => assertAlmostEquals(value, want.map.data[i]!, 1e-5));
      assert(map.data.some((value, i) => Math.abs(value - untuned.map.data[i]!) > 0.1), "the blocks must matter");
      assert(identity !== untuned.identity, "cached features of other weights must not be used");
    }
  }));

Deno.test("checkpoints that do not fit are refused in one line", () =>
  withFiles({
    "base.safetensors": base,
    "short.pt": torchList("dino", last.slice(0, 35)),
    "shape.pt": torchList("dino", [...last.slice(0, 2), last[0]!, ...last.slice(3)]),
    "names.safetensors": safetensors({ "head.weight": last[0] as Written }),
  }, async (path) => {
    const refused = (name: string, why: string) =>
      assertRejects(() => backboneOf(path("base.safetensors"), path(name)), InputError, why);
    await refused("short.pt", "it lists 35 tensors");
    await refused("shape.pt", "tensor 3 of 36 is [24], not [24,24]");
    await refused("names.safetensors", "the network's weights have no such name");
    await refused("absent.pt", "absent.pt");
  }));

/** The survey's inference, written out for one point in float64. */
function survey(source: FeatureMap, target: FeatureMap, size: number, a: Image, b: Image, x: number, y: number) {
  const { channels, grid: { rows, cols } } = source;
  const unit = (v: number[], plus: boolean) => {
    const n = Math.hypot(...v);
    return v.map((e) => e / (plus ? n + 1e-6 : Math.max(n, 1e-6)));
  };
  const cell = (map: FeatureMap, c: number, r: number) =>
    unit([...map.data.slice((r * cols + c) * channels, (r * cols + c + 1) * channels)], false);
  const clamp = (p: number) => Math.min(Math.max(p, 1e-4), size - 1 - 1e-4);
  const gx = clamp(x * (size - 1) / (a.width - 1)) * (cols - 1) / (size - 1);
  const gy = clamp(y * (size - 1) / (a.height - 1)) * (rows - 1) / (size - 1);
  const x0 = Math.floor(gx), y0 = Math.floor(gy), fx = gx - x0, fy = gy - y0;
  const corners = [[x0, y0, (1 - fx) * (1 - fy)], [x0 + 1, y0, fx * (1 - fy)], [x0, y0 + 1, (1 - fx) * fy], [
    x0 + 1,
    y0 + 1,
    fx * fy,
  ]] as const;
  const mixed = new Array(channels).fill(0);
  for (const [c, r, w] of corners) cell(source, c, r).forEach((e, i) => mixed[i] += w * e);
  const query = unit(mixed, true);
  const similarity = Array.from(
    { length: rows * cols },
    (_, i) => unit(cell(target, i % cols, Math.floor(i / cols)), true).reduce((sum, e, k) => sum + e * query[k]!, 0),
  );
  const best = similarity.indexOf(Math.max(...similarity));
  const weights = similarity.map((s, i) => {
    const dx = i % cols - best % cols, dy = Math.floor(i / cols) - Math.floor(best / cols);
    return Math.exp(s * Math.exp(-(dx * dx + dy * dy) / (2 * 7 * 7)) / 0.03);
  });
  const sum = weights.reduce((p, q) => p + q);
  const mean = (of: (i: number) => number) => weights.reduce((p, w, i) => p + w * of(i), 0) / sum;
  const back = (cells: number, n: number, pixels: number) => cells * (size - 1) / (n - 1) * (pixels - 1) / (size - 1);
  return [back(mean((i) => i % cols), cols, b.width), back(mean((i) => Math.floor(i / cols)), rows, b.height)] as const;
}

Deno.test("points are moved as the survey's equations say, corners and border points too", () =>
  withFiles({ "base.safetensors": base, "best_weights.pt": torchList("dino", last) }, async (path) => {
    const backbone = await backboneOf(path("base.safetensors"), path("best_weights.pt"));
    const [a, b] = [picture(97, 61, 1), picture(70, 120, 2)];
    const [source, target] = [(await backbone.extract(a))[0]!, (await backbone.extract(b))[0]!];
    const points = pointsOf([[0, 0], [96, 60], [40.3, 17.9], [95.9, 0.2], [12, 59]]);
    const method = await methodOf(backbone);
    const matches = await method.correspond(a, b, points);
    for (let i = 0; i < points.n; i++) {
      const [x, y] = survey(source, target, 84, a, b, points.xy[2 * i]!, points.xy[2 * i + 1]!);
      // float32 cosines under a temperature of 0.03.
      assertAlmostEquals(matches.xy[2 * i]!, x, 2e-3);
      assertAlmostEquals(matches.xy[2 * i + 1]!, y, 2e-3);
    }
    await method.close?.();
  }));

/** Recorded maps as a picture's only features; pixels of the picture are cells. */
function recorded(c: GoldenCase, name: string, batch: number, rows: number, cols: number): FeatureMap {
  const channels = c.config["C"] as number;
  const n = rows * cols * channels;
  const size = { width: cols, height: rows };
  return {
    name,
    channels,
    data: toInterleaved(c.input(name).data.subarray(batch * n, (batch + 1) * n), channels),
    frame: stretchFrame(size, size),
    grid: divideGrid(size, rows, cols, "half-pixel"),
  };
}

sharedTest(
  "corner queries land where the survey's code recorded them",
  "golden/localizers",
  async () => {
    const c = await readCase(sharedPath("golden/localizers"), "a");
    const { B, N, h1, w1, h2, w2 } = c.config as Record<string, number>;
    const want = c.recorded("kernel_softargmax_t0.04_s7").data as Float32Array;
    for (let batch = 0; batch < B!; batch++) {
      const maps: Record<string, FeatureMap> = {
        source: recorded(c, "src_feat", batch, h1!, w1!),
        target: recorded(c, "trg_feat", batch, h2!, w2!),
      };
      const backbone: Backbone = { identity: "recorded", extract: ({ origin }) => Promise.resolve([maps[origin]!]) };
      const image = (origin: string, width: number, height: number) => ({ ...picture(width, height, 1), origin });
      const method = await methodOf(backbone, kernelSoftArgmax.build({ temperature: 0.04, sigma: 7 }));
      // The recording interpolates raw features, the extractor before it would have normalised them; at cells the two agree.
      const corners = pointsOf([[0, 0], [w1! - 1, h1! - 1]]);
      const matches = await method.correspond(image("source", w1!, h1!), image("target", w2!, h2!), corners);
      const lattice = {
        frame: maps.target!.frame,
        grid: divideGrid({ width: w2!, height: h2! }, h2!, w2!, "align-corners"),
      };
      const cells = { n: 2, xy: Float64Array.from(want.subarray(batch * N! * 2, batch * N! * 2 + 4)) };
      const places = toPoints(cells, lattice).xy;
      // The clamp moves corners by 1e-4 of a pixel, here a whole cell.
      matches.xy.forEach((value, i) => assertAlmostEquals(value, places[i]!, 2e-4));
    }
  },
);
