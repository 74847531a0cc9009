import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { nodeAt } from "../../../core/pyramid/graph.ts";
import { gridSize } from "../../../core/pyramid/grid.ts";
import { Registry } from "../../../core/registry.ts";
import { assertFlowOfOddPictures, picture } from "../../../core/testing/odd_pictures.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { WILLOW, willowPck } from "../../../core/testing/willow.ts";
import { bend, makeChanges } from "./changes.ts";
import { changeCost, type Weights } from "./energy.ts";
import { Gdsp } from "./gdsp.ts";
import { propagate } from "./messages.ts";
import { pyramidEdges, pyramidNodes } from "./nodes.ts";

const registry = await Registry.open();

async function build(...words: string[]) {
  const [config] = await resolveRuns(registry, [parseWords(["method=gdsp", "run.cache_disk=0", ...words])]);
  return await buildMethod(registry, config!, () => {});
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
    const { scales, rotations } = makeChanges([0.5, 0.75, 1, 1.5, 2], [-45, -30, -15, 0, 15, 30, 45]);
    assertEquals([scales[Math.floor(found.labels.change[0]! / 7)], rotations[found.labels.change[0]! % 7]], [
      scale,
      degrees,
    ]);
    const { translations, changed } = found.energies;
    if (scale !== 1 || degrees !== 0) assert(changed < translations);
  });
}

Deno.test("gdsp gives a flow for flat, tiny and very long pictures, inside the target and the same every time", async () => {
  await using built = await build();
  await assertFlowOfOddPictures(built.method, texture);
});

Deno.test("gdsp between flat pictures neither scales nor turns", async () => {
  await using built = await build();
  assert(built.method instanceof Gdsp);
  const { found } = await built.method.match(picture(40, 30, () => 90, "a"), picture(40, 30, () => 20, "b"));
  const { identity } = makeChanges([0.5, 0.75, 1, 1.5, 2], [-45, -30, -15, 0, 15, 30, 45]);
  assert(found.labels.change.every((change) => change === identity));
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

Deno.test("bend() says how far a cell moves when what is around it is scaled and turned", () => {
  const changes = makeChanges([1, 2], [0, 90]);
  const near = (change: number, x: number, y: number) =>
    bend(changes, change, x, y).map((v) => Math.round(v * 1e9) / 1e9);
  assertEquals(near(0, 3, 5), [0, 0]);
  assertEquals(near(1, 3, 5), [-8, -2]); // (3, 5) turns to (-5, 3)
  assertEquals(near(2, 3, 5), [3, 5]);
});

const weights: Weights = {
  bound: 1,
  stretch: 0.1,
  stretchBound: 1,
  zoom: 0.3,
  turn: 0.2,
  changeBound: 0.5,
  prior: 0,
};

Deno.test("changeCost() counts steps of scale and rotation, each up to its bound", () => {
  const changes = makeChanges([0.5, 1, 2], [-30, 0, 30]);
  assertAlmostEquals(changeCost(changes, weights, 0, 0), 0);
  assertAlmostEquals(changeCost(changes, weights, 0, 4), 0.3 + 0.2);
  assertAlmostEquals(changeCost(changes, weights, 0, 8), 0.5 + 0.4);
});

Deno.test("propagate() draws an undecided node to its parent's rotation, moved as that turns it", () => {
  const changes = makeChanges([1], [0, 90]);
  const size = gridSize({ source: { width: 8, height: 8 }, target: { width: 8, height: 8 } }, 64);
  const nodes = pyramidNodes(2, size, true), edges = pyramidEdges(nodes, 2);
  const plane = size.nx * size.ny, count = 2 * plane;
  const unary = new Float32Array(5 * count);
  // The parent turns about its centre; three children do so too (with the displacement that follows), one is undecided.
  const set = (node: number) => {
    const [dx, dy] = bend(changes, 1, nodes[node]!.x - nodes[0]!.x, nodes[node]!.y - nodes[0]!.y);
    unary.fill(1, node * count, (node + 1) * count);
    unary[node * count + plane + (Math.round(dx) + size.rx) * size.ny + Math.round(dy) + size.ry] = 0;
  };
  for (const node of [0, nodeAt(1, 0, 0), nodeAt(1, 0, 1), nodeAt(1, 1, 0)]) set(node);
  const { change, dx, dy } = propagate({ unary, changes, size, nodes, edges, weights, upward: true }, 10);
  const last = nodeAt(1, 1, 1), want = bend(changes, 1, nodes[last]!.x - nodes[0]!.x, nodes[last]!.y - nodes[0]!.y);
  assertEquals([change[last], dx[last], dy[last]], [1, Math.round(want[0]), Math.round(want[1])]);
});

const NETWORK = "weights/resnet50v2_stage3.onnx";

sharedTest("gdsp on a network's features finds most keypoints of real pictures", [NETWORK, WILLOW], async () => {
  const words = ["method=gdsp", "backbone=onnx", `backbone.path=${sharedPath(NETWORK)}`, "backbone.layers=[stage3]"];
  const pck = await willowPck(words, 30);
  assert(pck > 0.5, `${pck}`);
});
