import { assertEquals } from "@std/assert";
import { filterFlow, type FilterFlowProblem, targetOf, untried, worstCost } from "./filter_flow.ts";
import { boxSums, filterMaps, filterRound } from "./guided_filter.ts";

const one = 2 ** 20;

/** Three sites in a row in a picture of three, features of one channel: 1, 0 and 1 against 0, 1 and 1. */
const row: FilterFlowProblem = {
  width: 3,
  height: 1,
  targetWidth: 3,
  targetHeight: 1,
  descriptors: { channels: 1, source: Float32Array.of(1, 0, 1), target: Float32Array.of(0, 1, 1) },
  change: Int32Array.of(one, 0, 0),
  changes: 1,
  rotations: 1,
  reach: 0,
  guide: new Int32Array(3),
  superpixel: Int32Array.of(0, 1, 2),
  count: 3,
  link: Int32Array.of(1, 0, 1),
  links: 1,
  start: Int32Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0),
  home: new Int32Array(6),
  stay: 0,
  radius: 0,
  eps: 1,
  iterations: 0,
  search: 1,
  ratio: 1,
  seed: 1,
};

function solve(problem: FilterFlowProblem) {
  const n = problem.width * problem.height;
  const label = new Int32Array(3 * n), cost = new Int32Array(n), energy = new Int32Array(2 * (problem.iterations + 1));
  filterFlow(problem, label, cost, energy);
  return { label: [...label], cost: [...cost], energy: [...energy] };
}

Deno.test("a start is costed where it leads: equal features cost 0, none the most, and out of the target nothing is known", () => {
  assertEquals(solve(row), {
    label: [1, 0, 0, 0, 0, 0, 1, 0, 0],
    cost: [0, worstCost * 256, untried],
    // A site without a label counts as the worst.
    energy: [0, 2 * worstCost * 256],
  });
});

Deno.test("leading a site away from home costs `stay` for every site of the way, whatever the descriptors say", () => {
  const home = Int32Array.of(0, 0, 1, 0, 2, 0);
  // The first site goes from home 0 to 1, the second stays; at (0, 2) the first would be 3 away.
  assertEquals(solve({ ...row, home, stay: 300 }).cost, [300, worstCost * 256, untried]);
  const far = solve({ ...row, home: Int32Array.of(0, 2, 1, 0, 2, 0), stay: 300 });
  assertEquals(far.cost, [900, worstCost * 256, untried]);
});

Deno.test("without a search only labels of linked superpixels are tried", () => {
  const alone = { ...row, link: Int32Array.of(-1, -1, -1), iterations: 3 };
  assertEquals(solve({ ...alone, search: 0 }).label, [1, 0, 0, 0, 0, 0, 1, 0, 0]);
});

Deno.test("the label of a linked superpixel is taken where it is cheaper and leads into the target", () => {
  // One iteration: the last superpixel tries the middle one's label 0, which leads onto an equal feature.
  const { label, cost } = solve({ ...row, iterations: 1 });
  assertEquals(label.slice(6), [0, 0, 0]);
  assertEquals(cost[2], 0);
});

Deno.test("byte histograms cost their L1 difference, read on by the shift, up to 225 each", () => {
  const source = Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0);
  // One site, padded by 2 reach + 1 = 1 on every side: the middle of 3 x 3 holds the histogram.
  const target = new Uint8Array(9 * 8);
  target[4 * 8 + 3] = 7;
  const shape = { width: 1, height: 1, targetWidth: 1, targetHeight: 1, guide: new Int32Array(1) };
  const regions = {
    superpixel: new Int32Array(1),
    count: 1,
    link: Int32Array.of(-1),
    start: new Int32Array(3),
    home: new Int32Array(2),
  };
  const descriptors = { parts: 2, source, target };
  const change = Int32Array.of(one, 0, 3, 0, 0, 0, 0, 0, 0);
  // |9 - 7| for the first; |255 - 7| is cut for the second.
  assertEquals(solve({ ...row, ...shape, ...regions, descriptors, change }).cost, [(2 + 225) * 256]);
});

Deno.test("a change turns and scales about the origin, halves rounded up", () => {
  const quarter = Int32Array.of(0, 2 * one);
  assertEquals(targetOf(quarter, 0, 3, 1, 10, 20), [10 - 2, 20 + 6]);
  assertEquals(targetOf(Int32Array.of(one / 2, 0), 0, 3, 1, 0, 0), [2, 1]);
});

Deno.test("a window's sums are cut at the border", () => {
  const whole = { left: 0, top: 0, right: 2, bottom: 1 };
  assertEquals(boxSums([1, 2, 3, 4, 5, 6], whole, whole, 1), [12, 21, 16, 12, 21, 16]);
});

Deno.test("over a flat guide the filter is the mean, over a guide that follows the cost it keeps the edge", () => {
  const size = { width: 2, height: 1, radius: 1 };
  // Sums over both sites: cost 30 and 10 -> 40; flat guide 0: slopes 0, offset 20 (in 1/128).
  const flat = filterMaps({ ...size, guide: new Int32Array(2), eps: 1 });
  assertEquals([0, 1, 2, 3].map((r) => filterRound(flat[r]! * 40)), [0, 0, 0, 20 * 128]);
  // Guide red 10 and 20, eps 25 = its variance: covariance of (30, 10) is -50, slope -50 / (25 + 25) = -1, offset 35.
  const edge = filterMaps({ ...size, guide: Int32Array.of(10, 20), eps: 25 });
  const sums = [40, 30 * 10 + 10 * 20, 0, 0];
  const line = [0, 1, 2, 3].map((r) => sums.reduce((total, sum, c) => total + edge[4 * c + r]! * sum, 0));
  assertEquals(line.map(filterRound), [-65536, 0, 0, 35 * 128]);
});
