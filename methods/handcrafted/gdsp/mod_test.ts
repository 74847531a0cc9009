import { assert, assertEquals, assertRejects } from "@std/assert";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { decodeImage } from "../../../core/image/decode.ts";
import { Registry } from "../../../core/registry.ts";
import { assertFlowOfOddPictures, picture } from "../../../core/testing/odd_pictures.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW, willowPck } from "../../../core/testing/willow.ts";
import type { Image } from "../../../core/types.ts";
import { Gdsp } from "./gdsp.ts";

const registry = await Registry.open();

const build = (...words: string[]) => buildAs("gdsp", ...words);

async function buildAs(name: string, ...words: string[]) {
  const [config] = await resolveRuns(registry, [parseWords([`method=${name}`, "run.cache_disk=0", ...words])]);
  return await buildMethod(registry, config!, () => {});
}

/** Scale and rotation of a change, by the defaults. */
function changeOf(change: number): [scale: number, rotation: number] {
  const scales = [0.5, 0.75, 1, 1.5, 2], rotations = [-60, -30, 0, 30, 60];
  return [scales[Math.floor(change / 5)]!, rotations[change % 5]!];
}

/** Smooth texture without period or main direction. */
const texture = (x: number, y: number) =>
  128 + 50 * Math.sin(x / 5.3 + Math.sin(y / 11.1) * 2) + 50 * Math.sin(y / 6.9 + Math.sin(x / 15.7) * 3) +
  20 * Math.sin((x * x + 3 * y) / 700);

const WIDTH = 120, HEIGHT = 90;

/** The texture, and how it looks scaled, turned (about the middle) and moved; `to` maps points. */
function warped(scale: number, degrees: number, dx: number, dy: number) {
  const cx = (WIDTH - 1) / 2, cy = (HEIGHT - 1) / 2;
  const c = Math.cos(degrees * Math.PI / 180), s = Math.sin(degrees * Math.PI / 180);
  const to = (x: number, y: number): [number, number] => [
    cx + dx + scale * (c * (x - cx) - s * (y - cy)),
    cy + dy + scale * (s * (x - cx) + c * (y - cy)),
  ];
  const target = picture(WIDTH, HEIGHT, (x, y) => {
    const u = (x - cx - dx) / scale, v = (y - cy - dy) / scale;
    return texture(cx + c * u + s * v, cy - s * u + c * v);
  }, `${scale} ${degrees} ${dx} ${dy}`);
  return { source: picture(WIDTH, HEIGHT, texture, "source"), target, to };
}

/** Median distance of displacements [rows][cols][2] from the truth over pixels that stay well inside. */
function medianError(flow: Int32Array, to: (x: number, y: number) => [number, number]): number {
  const errors: number[] = [];
  for (let y = 5; y < HEIGHT - 5; y += 3) {
    for (let x = 5; x < WIDTH - 5; x += 3) {
      const [tx, ty] = to(x, y), at = 2 * (y * WIDTH + x);
      if (tx < 4 || ty < 4 || tx > WIDTH - 5 || ty > HEIGHT - 5) continue;
      errors.push(Math.hypot(x + flow[at]! - tx, y + flow[at + 1]! - ty));
    }
  }
  return errors.sort((a, b) => a - b)[errors.length >> 1]!;
}

for (
  const [name, scale, degrees, dx, dy] of [
    ["a translation", 1, 0, 9, -6],
    ["a rotation by 30 degrees", 1, 30, 0, 0],
    ["an enlargement by 1.5", 1.5, 0, 0, 0],
    ["a rotation by -30 degrees with a reduction to 0.75 and a translation", 0.75, -30, 5, 3],
  ] as const
) {
  Deno.test(`gdsp recovers ${name} to a pixel and a half in the median, with its scale and rotation`, async () => {
    await using built = await build();
    assert(built.method instanceof Gdsp);
    const { source, target, to } = warped(scale, degrees, dx, dy);
    const { found } = await built.method.match(source, target);
    const error = medianError(found.flow, to);
    assert(error <= 1.5, `${error}`);
    assertEquals(changeOf(found.labels.change[0]!), [scale, degrees]);
    const { translations, changed } = found.energies;
    if (scale !== 1 || degrees !== 0) assert(changed < translations);
  });
}

Deno.test("gdsp with overlapping leaves, and in the corrected form, also recovers a rotation with its angle", async () => {
  const { source, target, to } = warped(1, 30, 0, 0);
  for (const words of ["overlap=0.25", "corrected=true"]) {
    await using built = await build(words);
    assert(built.method instanceof Gdsp);
    const { found } = await built.method.match(source, target);
    const error = medianError(found.flow, to);
    assert(error <= 1.5, `${words}: ${error}`);
    assertEquals(changeOf(found.labels.change[0]!), [1, 30]);
  }
});

Deno.test("gdsp is dsp where nothing scales or turns, in the released form and the corrected one", async () => {
  const shifted = (x: number, y: number) => texture(x - 7 + (x > 60 ? 3 : 0), y + 5);
  const source = picture(WIDTH, HEIGHT, texture, "source"), target = picture(WIDTH, HEIGHT, shifted, "target");
  for (const corrected of [false, true]) {
    await using own = await build(`corrected=${corrected}`);
    await using other = await buildAs("dsp", `corrected=${corrected}`);
    assertEquals(await own.method.flow!(source, target), await other.method.flow!(source, target));
  }
});

Deno.test("gdsp gives a flow for flat, tiny and very long pictures, inside the target and the same every time", async () => {
  // Of very long pictures every label has so many translations that all 25 changes would take a minute.
  await using built = await build("scales=[1,2]", "rotations=[-30,0,30]");
  await assertFlowOfOddPictures(built.method, texture);
});

const WANTED = ["Cars_000a.png", "Cars_008a.png"];
const CARS = `${WILLOW}/PF-dataset-WILLOW/car(S)`;

sharedTest(
  "gdsp finds a real picture turned by 30 degrees turned, and upright as it is",
  WANTED.map((name) => `${CARS}/${name}`),
  async () => {
    await using built = await build();
    assert(built.method instanceof Gdsp);
    for (const name of WANTED) {
      const image = await decodeImage(sharedPath(`${CARS}/${name}`), { orientation: "ignore" });
      for (const degrees of [0, 30]) {
        const { found } = await built.method.match(image, turned(image, degrees));
        assertEquals(changeOf(found.labels.change[0]!), [1, degrees]);
        const { translations, changed } = found.energies;
        if (degrees === 0) assertEquals(changed, translations);
        else assert(changed < translations);
      }
    }
  },
);

/** A picture turned about its middle, from +x towards +y; nearest pixels, the border repeated. */
function turned(image: Image, degrees: number): Image {
  const { width, height } = image, c = Math.cos(degrees * Math.PI / 180), s = Math.sin(degrees * Math.PI / 180);
  const cx = (width - 1) / 2, cy = (height - 1) / 2, data = new Uint8Array(image.data.length);
  const inside = (v: number, n: number) => Math.min(Math.max(Math.round(v), 0), n - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = inside(cx + c * (x - cx) + s * (y - cy), width), v = inside(cy - s * (x - cx) + c * (y - cy), height);
      data.set(image.data.subarray(3 * (v * width + u), 3 * (v * width + u) + 3), 3 * (y * width + x));
    }
  }
  return { ...image, data, sha256: `${image.sha256} turned by ${degrees}` };
}

Deno.test("gdsp between flat pictures neither scales nor turns", async () => {
  await using built = await build();
  assert(built.method instanceof Gdsp);
  const { found } = await built.method.match(picture(40, 30, () => 90, "a"), picture(40, 30, () => 20, "b"));
  for (const change of found.labels.change) assertEquals(changeOf(change), [1, 0]);
});

Deno.test("gdsp on another backbone finds a shift", async () => {
  await using built = await build("backbone=sift-flow-descriptor");
  const { source, target } = warped(1, 0, 8, -4);
  const { xy } = await built.method.correspond(source, target, pointsOf([[60, 45]]));
  assertEquals([...xy], [68, 41]);
});

Deno.test("gdsp refuses scales and rotations it cannot have, naming what works", async () => {
  await assertRejects(() => build("scales=[0.5,2]"), InputError, "Cannot use [0.5,2] as scales of gdsp");
  await assertRejects(() => build("scales=[1,1.3]"), InputError, "multiples of 0.25");
  await assertRejects(() => build("rotations=[0,-30]"), InputError, "Cannot use [0,-30] as rotations of gdsp");
});

const NETWORK = "weights/resnet50v2_stage3.onnx";

sharedTest("gdsp on a network's features finds most keypoints of real pictures", [NETWORK, WILLOW], async () => {
  const words = ["method=gdsp", "backbone=onnx", `backbone.path=${sharedPath(NETWORK)}`, "backbone.layers=[stage3]"];
  const pck = await willowPck(words, 30);
  assert(pck > 0.5, `${pck}`);
});
