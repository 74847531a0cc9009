import { assert, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../core/errors.ts";
import { divideGrid, identityFrame, pointsOf } from "../../../core/frame.ts";
import type { Backbone, Card, Image } from "../../../core/types.ts";
import { openOps } from "../../../ffi/mod.ts";
import { sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW, willowPck } from "../../../core/testing/willow.ts";
import { defaultsOf } from "../../../core/value.ts";
import { DaisyFilterFlow } from "./daisy_filter_flow.ts";
import plugin from "./mod.ts";

/** A smooth random texture as a function of the plane, so that it can be drawn under any motion without resampling. */
function texture(u: number, v: number): number {
  let value = 0;
  for (const [fx, fy, phase, height] of WAVES) value += height * Math.sin(fx * u + fy * v + phase);
  return 128 + 26 * value;
}
const WAVES = Array.from({ length: 24 }, (_, k): [number, number, number, number] => {
  const draw = (n: number) => (Math.imul(k * 31 + n * 17 + 7, 2654435761) >>> 0) / 2 ** 32;
  const angle = 2 * Math.PI * draw(1), frequency = 0.08 + 0.45 * draw(2);
  return [frequency * Math.cos(angle), frequency * Math.sin(angle), 6.28 * draw(3), 1 / (1 + 2 * frequency)];
});

/** The texture seen through a map of picture to plane. */
function picture(width: number, height: number, at: (x: number, y: number) => [number, number], name: string): Image {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) {
    const [u, v] = at(p % width, Math.floor(p / width));
    data.fill(Math.min(Math.max(Math.round(texture(u, v)), 0), 255), 3 * p, 3 * p + 3);
  }
  return { width, height, data, sha256: `${name} ${width}x${height}`, origin: name };
}

const none: Backbone = {
  identity: "daisy v1 test",
  extract: () => Promise.reject(new Error("the method's own descriptor needs no features")),
};

const ops = await openOps();

function build(options: Record<string, unknown> = {}, backbone: Backbone = none): Promise<DaisyFilterFlow> {
  const card = { name: "daisy-filter-flow", backbone: "daisy" } as Card;
  const context = { card, log: () => {}, backbone, ops: () => Promise.resolve(ops) };
  const settings = { ...defaultsOf(plugin.defaults), ...options } as Parameters<typeof plugin.build>[1];
  return plugin.build(context as unknown as Parameters<typeof plugin.build>[0], settings);
}

const W = 88, H = 72, CX = (W - 1) / 2, CY = (H - 1) / 2;
const source = picture(W, H, (x, y) => [x, y], "source");

/** Median distance in pixels between found and true targets, over pixels whose true target lies well inside. */
async function medianError(method: DaisyFilterFlow, target: Image, truth: (x: number, y: number) => [number, number]) {
  const wanted = [], from = [];
  for (let p = 0; p < W * H; p++) {
    const [x, y] = truth(p % W, Math.floor(p / W));
    if (x < 6 || y < 6 || x > target.width - 7 || y > target.height - 7) continue;
    from.push([p % W, Math.floor(p / W)] as const);
    wanted.push([x, y] as const);
  }
  const { xy } = await method.correspond(source, target, pointsOf(from));
  const errors = wanted.map(([x, y], i) => Math.hypot(xy[2 * i]! - x, xy[2 * i + 1]! - y)).sort((a, b) => a - b);
  return errors[errors.length >> 1]!;
}

Deno.test("a picture moved by whole pixels is recovered exactly for most pixels", async () => {
  const target = picture(W, H, (x, y) => [x - 9, y + 6], "moved");
  assertEquals(await medianError(await build({ iterations: 12, superpixel: 80 }), target, (x, y) => [x + 9, y - 6]), 0);
});

/** Similarity about the centre: the target's point of a source point, and the plane's point of a target pixel. */
function similarity(scale: number, degrees: number) {
  const cos = scale * Math.cos(degrees * Math.PI / 180), sin = scale * Math.sin(degrees * Math.PI / 180);
  return {
    to: (x: number, y: number): [number, number] => [
      CX + (x - CX) * cos - (y - CY) * sin,
      CY + (x - CX) * sin + (y - CY) * cos,
    ],
    back: (x: number, y: number): [number, number] => [
      CX + ((x - CX) * cos + (y - CY) * sin) / scale ** 2,
      CY + (-(x - CX) * sin + (y - CY) * cos) / scale ** 2,
    ],
  };
}

/** The released code's search, in which nothing draws a label home. */
const released = {
  levels: 1,
  stay: 0,
  border: "empty",
  scales: [1, 1.5, 2, 2.5, 0.5],
  rotations: [-45, -30, -15, 0, 15, 30, 45],
};

for (const [scale, degrees] of [[1.5, 0], [1, -45], [1.5, 15]] as const) {
  Deno.test(`a picture scaled by ${scale} and turned by ${degrees} degrees is recovered within 4 pixels, and labelled so`, async () => {
    const { to, back } = similarity(scale, degrees);
    const target = picture(W, H, back, `scale ${scale} turn ${degrees}`);
    // Labels count [scale][rotation] in the order of the options.
    const { change, target: found } = await (await build({ ...released, iterations: 24, superpixel: 80 })).solve(
      source,
      target,
    );
    const errors = [];
    for (let p = 0; p < W * H; p++) {
      const [x, y] = to(p % W, Math.floor(p / W));
      if (x < 6 || y < 6 || x > W - 7 || y > H - 7) continue;
      errors.push(Math.hypot(found[2 * p]! - x, found[2 * p + 1]! - y));
    }
    const error = errors.sort((a, b) => a - b)[errors.length >> 1]!;
    assert(error <= 4, `median error ${error} pixels`);
    const votes = new Int32Array(35);
    for (const label of change) votes[label]!++;
    const best = votes.indexOf(Math.max(...votes));
    assertEquals([[1, 1.5, 2, 2.5, 0.5][Math.floor(best / 7)], -45 + 15 * (best % 7)], [scale, degrees]);
  });
}

Deno.test("without changes of scale and rotation the same turn is lost: they are what recovers it", async () => {
  const { to, back } = similarity(1, -45);
  const target = picture(W, H, back, "turned");
  const error = await medianError(
    await build({ ...released, iterations: 12, superpixel: 80, scales: [1], rotations: [0] }),
    target,
    to,
  );
  assert(error > 5, `median error ${error} pixels`);
});

Deno.test("the energy never rises, and falls", async () => {
  const target = picture(W, H, (x, y) => [x - 9, y + 6], "moved");
  const { energy, cost } = await (await build({ ...released, iterations: 8, superpixel: 80 })).solve(source, target);
  assertEquals(energy.length, 9);
  for (let k = 1; k < energy.length; k++) assert(energy[k]! <= energy[k - 1]!, `${energy}`);
  assert(energy[8]! < 0.6 * energy[0]!, `${energy}`);
  const mean = cost.reduce((sum, value) => sum + value, 0) / cost.length;
  assert(Math.abs(mean - energy[8]!) < 1e-6);
});

Deno.test("the same seed gives the same bytes, another seed another path", async () => {
  const target = picture(W, H, (x, y) => [x - 9, y + 6], "moved");
  const run = async (seed: number) => (await (await build({ iterations: 2, seed })).flow(source, target)).data;
  assertEquals(await run(3), await run(3));
  assert((await run(3)).join() !== (await run(4)).join());
});

function flat(width: number, height: number, value: number): Image {
  const data = new Uint8Array(width * height * 3).fill(value);
  return { width, height, data, sha256: `flat ${width} ${height} ${value}`, origin: "flat" };
}

Deno.test("flat pictures of one size do not move; of two sizes they give points inside the target", async () => {
  const still = (await (await build({ iterations: 3 })).flow(flat(60, 40, 100), flat(60, 40, 7))).data;
  for (let p = 0; p < 60 * 40; p++) assertEquals([still[2 * p], still[2 * p + 1]], [p % 60, Math.floor(p / 60)]);
  const { data } = await (await build({ iterations: 3 })).flow(flat(60, 40, 100), flat(120, 20, 30));
  assert(data.every((value, i) => value >= 0 && value <= (i % 2 === 0 ? 119 : 19)));
});

Deno.test("pictures smaller than a descriptor, extreme aspects and differing sizes give points inside the target", async () => {
  const of = (width: number, height: number) => picture(width, height, (x, y) => [x, y], "part");
  const method = await build({ iterations: 2 });
  for (const a of [of(1, 1), of(2, 7), of(120, 3), of(3, 90), source]) {
    for (const b of [of(1, 1), of(6, 2), of(100, 2), source]) {
      const { xy } = await method.correspond(a, b, pointsOf([[0, 0], [a.width - 1, a.height - 1]]));
      for (let i = 0; i < 4; i++) assert(xy[i]! >= 0 && xy[i]! <= (i % 2 === 0 ? b.width : b.height) - 1);
    }
  }
});

/** Grey at every pixel of a window of 5x5, taken at every second pixel: features of a plain kind. */
const windows: Backbone = {
  identity: "windows v1",
  extract({ width, height, data }) {
    const rows = Math.ceil(height / 2), cols = Math.ceil(width / 2);
    const values = new Float32Array(rows * cols * 25);
    for (let i = 0; i < values.length; i++) {
      const cell = Math.floor(i / 25);
      const x = 2 * (cell % cols) + (i % 5) * 2 - 4, y = 2 * Math.floor(cell / cols) + Math.floor(i % 25 / 5) * 2 - 4;
      const p = Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1);
      values[i] = data[3 * p]! - 128;
    }
    const frame = identityFrame({ width, height });
    const grid = divideGrid(frame.network, rows, cols, "half-pixel");
    return Promise.resolve([{ name: "windows", channels: 25, data: values, frame, grid }]);
  },
};

Deno.test("another backbone's features take the place of DAISY, on its own cells", async () => {
  const target = picture(W, H, (x, y) => [x - 8, y + 6], "moved");
  const error = await medianError(
    await build({ iterations: 20, superpixel: 80 }, windows),
    target,
    (x, y) => [x + 8, y - 6],
  );
  assert(error <= 1, `median error ${error} pixels`);
});

Deno.test("features see a target scaled and turned back when asked to", async () => {
  const { to, back } = similarity(1, 30);
  const target = picture(W, H, back, "turned for features");
  const options = { iterations: 20, superpixel: 80, kernel: 3 };
  const error = await medianError(await build({ ...options, rotations: [0, 30] }, windows), target, to);
  assert(error <= 2.5, `median error ${error} pixels`);
  const plain = await medianError(await build(options, windows), target, to);
  assert(plain > 2 * error, `without rotation ${plain}, with it ${error}`);
});

Deno.test("options that cannot be are refused with what would work", async () => {
  await assertRejects(() => build({ rotations: [200] }), InputError, "-180 to 180");
  await assertRejects(() => build({ scales: [] }), InputError, "0.1 to 10");
  await assertRejects(() => build({ scales: [0] }), InputError, "0.1 to 10");
  await build({ rotations: [10] });
});

sharedTest("daisy-filter-flow by its defaults finds keypoints of real pictures", WILLOW, async () => {
  const pck = await willowPck(["method=daisy-filter-flow"], 20);
  assert(pck > 0.3, `${pck}`);
});

globalThis.addEventListener("unload", () => ops.close());
