import { assert, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../core/errors.ts";
import { identityFrame, pointsOf, sampledGrid } from "../../../core/frame.ts";
import type { Backbone, FeatureMap } from "../../../core/types.ts";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { Registry } from "../../../core/registry.ts";
import { assertFlowOfOddPictures, picture } from "../../../core/testing/odd_pictures.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW, willowPck } from "../../../core/testing/willow.ts";
import { toBytes } from "./bytes.ts";
import { SiftFlow } from "./sift_flow.ts";
import { linearMap, refineCentres } from "./windows.ts";

const registry = await Registry.open();

async function build(...words: string[]) {
  const [config] = await resolveRuns(registry, [parseWords(["method=sift-flow", "run.cache_disk=0", ...words])]);
  return await buildMethod(registry, config!, () => {});
}

/** Smooth texture without period. */
const texture = (x: number, y: number) =>
  128 + 60 * Math.sin(x / 2.3 + Math.sin(y / 5.1) * 2) + 60 * Math.sin(y / 2.9 + Math.sin(x / 7.7) * 3);

Deno.test("sift-flow finds a shift of a textured picture", async () => {
  await using built = await build();
  const source = picture(64, 48, texture, "a"), target = picture(64, 48, (x, y) => texture(x - 4, y + 3), "b");
  const points = pointsOf([[20, 20], [31.4, 25.2], [40, 30]]);
  const { xy, score } = await built.method.correspond(source, target, points);
  assertEquals([...xy], [24, 17, 35.4, 22.2, 44, 27]);
  assert(score.every((v) => v <= 0));
});

Deno.test("sift-flow between differing sizes starts from the linear map of one extent onto the other", async () => {
  await using built = await build();
  const source = picture(40, 30, texture, "a"), target = picture(60, 45, (x, y) => texture(x / 1.5, y / 1.5), "b");
  const { xy } = await built.method.correspond(source, target, pointsOf([[10, 10], [30, 20]]));
  // Scaling by 1.5 moves a point by less than the coarsest window; the answer is within two pixels.
  for (const [i, want] of [15, 15, 45, 30].entries()) assert(Math.abs(xy[i]! - want) <= 2.5, `${[...xy]}`);
});

Deno.test("sift-flow gives a flow for flat, tiny and very long pictures, inside the target and the same every time", async () => {
  await using built = await build();
  await assertFlowOfOddPictures(built.method, texture);
});

Deno.test("a flat picture on itself does not move", async () => {
  await using built = await build();
  const image = picture(24, 18, () => 90);
  const { xy } = await built.method.correspond(image, image, pointsOf([[3, 4], [20.5, 11]]));
  assertEquals([...xy], [3, 4, 20.5, 11]);
});

Deno.test("sift-flow with corrected=true also finds the shift", async () => {
  await using built = await build("corrected=true");
  const source = picture(64, 48, texture, "a"), target = picture(64, 48, (x, y) => texture(x - 4, y + 3), "b");
  const { xy } = await built.method.correspond(source, target, pointsOf([[31, 25]]));
  assertEquals([...xy], [35, 22]);
});

Deno.test("sift-flow runs on another backbone, its displacements counted in cells", async () => {
  await using built = await build("backbone=dense-sift", "backbone.step=2");
  const source = picture(96, 72, texture, "a"), target = picture(96, 72, (x, y) => texture(x - 8, y + 4), "b");
  const { xy } = await built.method.correspond(source, target, pointsOf([[40, 40], [50, 30]]));
  assertEquals([...xy], [48, 36, 58, 26]);
});

Deno.test("sift-flow refuses a backbone of several maps, naming them", async () => {
  await using built = await build("backbone=dense-sift", "backbone.bin=[4,6]");
  const image = picture(40, 40, texture);
  await assertRejects(
    () => built.method.flow!(image, picture(40, 40, texture, "b")),
    InputError,
    "Cannot run sift-flow on 2 maps (sift-4, sift-6)",
  );
});

Deno.test("a picture that cannot be described is tried again, and told about each time", async () => {
  await using built = await build();
  let calls = 0;
  const broken: Backbone = {
    identity: "broken",
    extract() {
      calls++;
      return Promise.reject(new InputError("no map"));
    },
  };
  assert(built.method instanceof SiftFlow);
  const method = new SiftFlow(broken, undefined as never, undefined as never, 255);
  const image = picture(4, 4, texture);
  await assertRejects(() => method.flow(image, image), InputError, "no map");
  await assertRejects(() => method.flow(image, image), InputError, "no map");
  assertEquals(calls, 2);
});

Deno.test("linearMap() sends corners to corners and keeps a side of one cell", () => {
  const map = linearMap({ rows: 1, cols: 5 }, { rows: 7, cols: 9 });
  assertEquals(map.filter((_, i) => i % 2 === 0), Int32Array.of(0, 1, 2, 3, 4));
  assertEquals(map.filter((_, i) => i % 2 === 1), new Int32Array(5));
});

Deno.test("refineCentres() doubles what the coarser flow adds to its linear map", () => {
  const coarse = { source: { rows: 3, cols: 4 }, base: new Int32Array(24).fill(1) };
  const fine = { source: { rows: 6, cols: 8 }, base: new Int32Array(96).fill(-2) };
  // A constant stays one under any resize: -2 + 2 * (4 - 1).
  assertEquals(refineCentres(new Int32Array(24).fill(4), coarse, fine), new Int32Array(96).fill(4));
});

function map(channels: number, values: readonly number[]): FeatureMap {
  const cols = values.length / channels;
  return {
    name: "made",
    channels,
    data: Float32Array.from(values),
    frame: identityFrame({ width: cols, height: 1 }),
    grid: sampledGrid(1, cols, { x: 1, y: 1 }, { x: 0, y: 0 }),
  };
}

Deno.test("toBytes() keeps whole numbers and fills the channels up to four", () => {
  const { data, channels } = toBytes(map(3, [0, 7, 255, 1, 2, 3]), 255);
  assertEquals([channels, ...data], [4, 0, 7, 255, 0, 1, 2, 3, 0]);
});

Deno.test("toBytes() scales other descriptors around 128, and takes one of length 0 or NaN for zero", () => {
  const { data } = toBytes(map(4, [0.3, -0.4, 0, 0, 0, 0, 0, 0, NaN, 1, 1, 1]), 100);
  assertEquals([...data], [188, 48, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128]);
});

const NETWORK = "weights/resnet50v2_stage3.onnx";

sharedTest("sift-flow on a network's features finds most keypoints of real pictures", [NETWORK, WILLOW], async () => {
  const words = [
    "method=sift-flow",
    "backbone=onnx",
    `backbone.path=${sharedPath(NETWORK)}`,
    "backbone.layers=[stage3]",
  ];
  const pck = await willowPck(words, 30);
  assert(pck > 0.5, `${pck}`);
});
