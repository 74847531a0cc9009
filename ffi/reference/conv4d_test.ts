import { assertAlmostEquals, assertEquals } from "@std/assert";
import { conv4d, type Conv4dLayer, conv4dNet, swapPairs } from "./conv4d.ts";
import { mutual } from "./mutual.ts";

const layer = (kernel: Conv4dLayer["kernel"], weights: readonly number[], rest: Partial<Conv4dLayer> = {}) => ({
  kernel,
  inChannels: 1,
  outChannels: 1,
  weights: Float32Array.from(weights),
  bias: Float32Array.of(0),
  relu: false,
  ...rest,
});

Deno.test("conv4d() correlates (does not flip) and pads with zeros", () => {
  // Along L only: out[l] = 1 x[l-1] + 10 x[l] + 100 x[l+1]
  const out = conv4d(Float32Array.of(1, 2, 3), [1, 1, 1, 3], layer([1, 1, 1, 3], [1, 10, 100]));
  assertEquals([...out], [210, 321, 32]);
  // Along I: the same values, the other axis.
  assertEquals([...conv4d(Float32Array.of(1, 2, 3), [3, 1, 1, 1], layer([3, 1, 1, 1], [1, 10, 100]))], [210, 321, 32]);
});

Deno.test("conv4d() sums channels, adds the bias and cuts below zero", () => {
  const both = layer([1, 1, 1, 1], [1, 2, -1, 1], {
    inChannels: 2,
    outChannels: 2,
    bias: Float32Array.of(0.5, -10),
    relu: true,
  });
  // Cells (1, 2) and (3, 4): outputs 1*1+2*2+.5, max(0, -1+2-10); 3+8+.5, max(0, -3+4-10)
  assertEquals([...conv4d(Float32Array.of(1, 2, 3, 4), [1, 1, 1, 2], both)], [5.5, 0, 11.5, 0]);
});

Deno.test("conv4dNet() symmetric adds the net of the swapped volume, swapped back", () => {
  // [1][2] source cells x [1][3] target cells; the kernel shifts along L: out[l] = x[l+1].
  const x = Float32Array.of(1, 2, 3, 4, 5, 6);
  const shift = layer([1, 1, 1, 3], [0, 0, 1]);
  // net(x): 2 3 0 / 5 6 0. Swapped, the same shift runs over the two source cells: row 0 takes row 1, row 1 takes 0.
  assertEquals([...conv4dNet(x, [1, 2, 1, 3], [shift], true)], [6, 8, 6, 5, 6, 0]);
  assertEquals([...swapPairs(x, [1, 2, 1, 3], 1)], [1, 4, 2, 5, 3, 6]);
});

Deno.test("mutual() keeps what is best both ways and weakens the rest", () => {
  const x = Float32Array.of(4, 2, 1, 3), out = new Float32Array(4);
  mutual(x, 2, 2, { onlyZero: true, eps: 1e-30 }, out);
  // (0,1): 2 * (2/4) * (2/3); (1,0): 1 * (1/3) * (1/4)
  assertAlmostEquals(out[1]!, 2 / 3, 1e-6);
  assertAlmostEquals(out[2]!, 1 / 12, 1e-7);
  assertEquals([out[0], out[3]], [4, 3]);
  mutual(x, 2, 2, { onlyZero: false, eps: 1 }, out);
  assertAlmostEquals(out[0]!, 4 * (4 / 5) * (4 / 5), 1e-6);
});

Deno.test("mutual() puts eps in the place of a largest value of zero only", () => {
  const out = new Float32Array(2);
  mutual(Float32Array.of(0, 0), 1, 2, { onlyZero: true, eps: 1e-30 }, out);
  assertEquals([...out], [0, 0]);
  mutual(Float32Array.of(-2, -4), 1, 2, { onlyZero: true, eps: 1e-30 }, out);
  // row -2; columns -2, -4: -2 * (1 * 1), -4 * (2 * 1)
  assertEquals([...out], [-2, -8]);
});
