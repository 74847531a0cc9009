/**
 * Prints the resident size in MiB before a network is opened, while it is open, and after it was closed, three times: a
 * process of its own, so that nothing else moves the figures. Run by a test.
 */
import { tensorOf } from "../weights/tensor.ts";
import { Graph } from "./graph.ts";
import * as ops from "./ops/mod.ts";
import { Session } from "./session.ts";
import { defaultSession } from "./session_options.ts";

const rss = () => Math.round(Deno.memoryUsage().rss / 1024 / 1024);
const side = 512;

const g = new Graph("wide");
const weight = (name: string, shape: number[]) =>
  g.weight(tensorOf(name, shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01)));
let y = ops.conv(g, g.input("x", [1, 1, side, side]), weight("first", [64, 1, 3, 3]), undefined, { padding: 1 });
const mixing = weight("mixing", [64, 64, 1, 1]);
// Each of these maps takes 64 MiB; what comes out is small.
for (let i = 0; i < 2; i++) y = ops.conv(g, y, mixing);
const model = g.model({
  y: ops.conv(g, ops.add(g, y, y), weight("last", [1, 64, 3, 3]), undefined, { stride: 8 }),
});

const before = rss();
const open: number[] = [], closed: number[] = [];
for (let round = 0; round < 3; round++) {
  const session = await Session.open(model, defaultSession);
  await session.run({ x: { shape: [1, 1, side, side], data: new Float32Array(side * side) } });
  open.push(rss());
  await session.close();
  closed.push(rss());
}
console.log(JSON.stringify({ before, open, closed }));
