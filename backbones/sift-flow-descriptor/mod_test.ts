import { assert, assertEquals } from "@std/assert";
import { readCard } from "../../core/card.ts";
import { decodeImage } from "../../core/image/decode.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import type { Image, OptionsOf } from "../../core/types.ts";
import { defaultsOf } from "../../core/value.ts";
import { cellFilter, siftFlowDescriptor } from "./descriptor.ts";
import plugin from "./mod.ts";

type Options = OptionsOf<typeof plugin.defaults>;
const card = await readCard("backbone", import.meta.dirname!, "sift-flow-descriptor", "");

function build(options: Partial<Options> = {}) {
  return plugin.build({ card, log() {} }, { ...defaultsOf(plugin.defaults) as unknown as Options, ...options });
}

function picture(width: number, height: number, value: (x: number, y: number, c: number) => number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3);
  return { width, height, data, sha256: "0".repeat(64), origin: `made ${width}x${height}` };
}

const defaults = { cell: 3, filter: "package" } as const;

Deno.test("cellFilter() is off its centre as the package executes it, centred as meant", () => {
  assertEquals([...cellFilter(defaults)], [0.25, 0, 1, 1, 1, 0, 0]);
  assertEquals([...cellFilter({ cell: 3, filter: "symmetric" })], [0, 0.25, 1, 1, 1, 0.25, 0]);
});

Deno.test("siftFlowDescriptor() of a ramp to the right has all its energy in orientation 0 of equal cells", () => {
  const ramp = siftFlowDescriptor(picture(40, 40, (x) => 5 * x), defaults);
  const middle = ramp.subarray((20 * 40 + 20) * 128, (20 * 40 + 20) * 128 + 128);
  // 16 equal cells, each with m = 3.25^2 * 5 / 255 = 0.2071 in one orientation and cos(45 degrees)^9 = 1 / 22.63 of it in
  // both neighbours: 255 m / (4 m sqrt(1 + 2 / 22.63^2) + 0.01) = 62.9, and 2.8.
  const main = middle.filter((_, i) => i % 8 === 0), beside = middle.filter((_, i) => i % 8 === 1 || i % 8 === 7);
  assert(main.every((v) => v === 62), `${main}`);
  assert(beside.every((v) => v === 2), `${beside}`);
  assert(middle.every((v, i) => [0, 1, 7].includes(i % 8) || v === 0));
});

Deno.test("siftFlowDescriptor() takes each pixel's strongest channel", () => {
  // Red rises to the right, green more steeply to the bottom, blue is flat.
  const both = siftFlowDescriptor(picture(40, 40, (x, y, c) => c === 0 ? 4 * x : c === 1 ? 5 * y : 9), defaults);
  const green = siftFlowDescriptor(picture(40, 40, (_x, y) => 5 * y), defaults);
  const at = (20 * 40 + 20) * 128;
  assertEquals(both.subarray(at, at + 128), green.subarray(at, at + 128));
  assert(green.subarray(at, at + 128).filter((_, i) => i % 8 === 2).every((v) => v === 62));
});

Deno.test("a flat picture has descriptors of zero, one of a single pixel too", async () => {
  const [flat] = await build().extract(picture(5, 4, () => 130));
  assertEquals(flat!.data, new Float32Array(5 * 4 * 128));
  const [single] = await build().extract(picture(1, 1, () => 7));
  assertEquals([single!.grid.rows, single!.grid.cols, single!.data.length], [1, 1, 128]);
});

Deno.test("bytes and floats of a picture are the same numbers", async () => {
  const image = picture(23, 9, (x, y, c) => (x * 31 + y * 17 + c * 7) % 256);
  const [floats] = await build().extract(image);
  const [bytes] = await build().extractBytes!(image);
  assertEquals(Float32Array.from(bytes!.data), floats!.data);
  assert(bytes!.data.some((v) => v > 0));
});

Deno.test("every setting has an identity of its own", () => {
  const identities = [{}, { cell: 4 }, { filter: "symmetric" }].map((options) => build(options).identity);
  assertEquals(new Set(identities).size, 3);
});

sharedTest("siftFlowDescriptor() equals the package on a real picture", [
  "golden/sift_flow/pairs.json",
  "data/PF-WILLOW",
], async () => {
  const [pair] = JSON.parse(await Deno.readTextFile(sharedPath("golden/sift_flow/pairs.json"))).pairs;
  const image = await decodeImage(sharedPath(`data/PF-WILLOW/${pair.A}`), { orientation: "ignore" });
  const { createHash } = await import("node:crypto");
  const md5 = createHash("md5").update(siftFlowDescriptor(image, defaults)).digest("hex");
  assertEquals(md5, pair.sift_stats[0].md5_A_uint8_hwc);
});
