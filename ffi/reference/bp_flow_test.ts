import { assert, assertEquals } from "@std/assert";
import { bpFlow, type BpFlowProblem } from "./bp_flow.ts";
import { halveBytes } from "./halve_bytes.ts";

/** A row of pixels with one channel group each. */
function row(values: readonly number[]): Pick<BpFlowProblem, "width" | "height" | "channels" | "source"> {
  return { width: values.length, height: 1, channels: 1, source: Uint8Array.from(values) };
}

function solve(problem: Partial<BpFlowProblem> & Pick<BpFlowProblem, "width" | "height">) {
  const all: BpFlowProblem = {
    channels: 1,
    source: new Uint8Array(problem.width * problem.height),
    target: new Uint8Array(problem.width * problem.height),
    targetWidth: problem.width,
    targetHeight: problem.height,
    centre: new Int32Array(2 * problem.width * problem.height),
    window: 1,
    alpha: 0,
    bound: 0,
    gamma: 0,
    iterations: 8,
    merges: 0,
    corrected: false,
    trace: false,
    ...problem,
  };
  const flow = new Int32Array(2 * all.width * all.height);
  const energies = new Int32Array(2 * (all.trace ? all.iterations : 1));
  bpFlow(all, flow, energies);
  const energy = (i: number) => energies[2 * i]! * 2 ** 24 + energies[2 * i + 1]!;
  return { x: flow.filter((_, i) => i % 2 === 0), y: flow.filter((_, i) => i % 2 === 1), energy };
}

Deno.test("bpFlow() without smoothness takes each pixel's own best displacement", () => {
  // Target: 9 5 7. 5 lies one to the right of pixel 0, 7 one right of pixel 1, and pixel 2 finds 5 one to the left.
  const { x, energy } = solve({ ...row([5, 7, 5]), target: Uint8Array.of(9, 5, 7) });
  assertEquals([...x], [1, 1, -1]);
  assertEquals(energy(0), 0);
});

Deno.test("bpFlow() pays at most the bound where neighbours differ, and alpha per pixel below it", () => {
  // As above; keeping the three displacements costs two pixels of difference between pixels 1 and 2.
  const given = { ...row([5, 7, 5]), target: Uint8Array.of(9, 5, 7) };
  assertEquals(solve({ ...given, alpha: 1, bound: 10 }).energy(0), 2);
  assertEquals(solve({ ...given, alpha: 1, bound: 1 }).energy(0), 1);
});

Deno.test("bpFlow() counts displacements from zero with whole costs, cut off", () => {
  // Nothing in the pictures prefers a displacement, so 0 wins; centred at 3, the window 2..4 costs 2 * 1.6 = 3.2 -> 3.
  assertEquals([...solve({ width: 3, height: 1, gamma: 1.6 }).x], [0, 0, 0]);
  const centre = Int32Array.of(3, 0);
  const { x, energy } = solve({ width: 1, height: 1, targetWidth: 9, target: new Uint8Array(9), centre, gamma: 1.6 });
  assertEquals([...x], [2]);
  assertEquals(energy(0), 3);
});

Deno.test("bpFlow() takes the first displacement where costs are equal", () => {
  const { x, y } = solve({ width: 1, height: 1, targetWidth: 9, targetHeight: 9, target: new Uint8Array(81) });
  // All distances are 0, so leaving the target costs 0 too.
  assertEquals([x[0], y[0]], [-1, -1]);
});

Deno.test("bpFlow() finds the least energy of a small grid, by trying every flow", () => {
  // A tree has exact answers: one row, five pixels, three displacements in x each, y fixed by the costs of leaving.
  const source = [10, 40, 20, 90, 60], target = [40, 12, 95, 20, 61];
  const options = { alpha: 7, bound: 20, gamma: 2 };
  const { energy } = solve({ ...row(source), target: Uint8Array.from(target), ...options, iterations: 40 });
  let least = Infinity;
  for (let code = 0; code < 3 ** 5; code++) {
    const u = source.map((_, i) => Math.floor(code / 3 ** i) % 3 - 1);
    if (u.some((d, i) => i + d < 0 || i + d >= 5)) continue;
    let sum = 0;
    u.forEach((d, i) => {
      sum += Math.abs(source[i]! - target[i + d]!) + Math.trunc(2 * Math.abs(d));
      if (i > 0) sum += Math.min(7 * Math.abs(d - u[i - 1]!), 20);
    });
    least = Math.min(least, sum);
  }
  // Displacements out of the target may be cheaper still, never dearer.
  assert(energy(0) <= least, `${energy(0)} > ${least}`);
});

Deno.test("bpFlow() with merged pixels and a trace tells the energy after every iteration", () => {
  const source = Uint8Array.from({ length: 6 * 5 }, (_, i) => (i * 37) % 251);
  const given = {
    width: 6,
    height: 5,
    source,
    target: source,
    alpha: 9,
    bound: 40,
    gamma: 1,
    merges: 2,
    iterations: 12,
  };
  const traced = solve({ ...given, trace: true });
  assertEquals(traced.energy(11), solve(given).energy(0));
  // The picture on itself: no displacement, no cost.
  assertEquals([...traced.x, ...traced.y].filter((v) => v !== 0), []);
  assertEquals(traced.energy(11), 0);
});

Deno.test("halveBytes() keeps a flat map, halves sides up, and weighs a step by the cubic", () => {
  const flat = new Uint8Array(2 * 3).fill(77);
  halveBytes(new Uint8Array(3 * 5).fill(77), 3, 5, 1, flat);
  assertEquals([...flat], [77, 77, 77, 77, 77, 77]);
  // One row of 8 with a step between samples 3 and 4, far from the borders of the Gaussian: smoothed it is
  // 0 0 g2 g1 | 255-g1 255-g2 255 255 (g1 = 255 (far + near), g2 = 255 far), then the eight cubic weights.
  const out = new Uint8Array(4);
  halveBytes(Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255), 1, 8, 1, out);
  const raw = [2, 1, 0].map((d) => Math.exp(-d * d / (2 * 0.67 ** 2)));
  const sum = 2 * raw[0]! + 2 * raw[1]! + raw[2]!;
  const g2 = Math.round(255 * raw[0]! / sum), g1 = Math.round(255 * (raw[0]! + raw[1]!) / sum);
  const smooth = [0, 0, g2, g1, 255 - g1, 255 - g2, 255, 255];
  const weights = [-3, -9, 29, 111, 111, 29, -9, -3].map((w) => w / 256);
  const expected = [0, 1, 2, 3].map((i) => {
    const value = weights.reduce((total, w, k) => {
      const j = 2 * i - 3 + k;
      return total + w * smooth[j < 0 ? -1 - j : j > 7 ? 15 - j : j]!;
    }, 0);
    return Math.min(Math.max(Math.floor(value + 0.5), 0), 255);
  });
  assertEquals([...out], expected);
});
