import { assertEquals } from "@std/assert";
import { Random } from "../parity/parity.ts";
import { type Conv4dLayer, conv4dNet } from "./conv4d.ts";
import { conv4dAt } from "./conv4d_at.ts";

Deno.test("conv4dAt() gives hand-computed values, with zeros around the volume and between layers", () => {
  // Along L only, twice out[l] = 1 x[l-1] + 10 x[l] + 100 x[l+1]: 1 2 3 4 -> 210 321 432 43 -> 34200 46620 8941 862.
  const layer: Conv4dLayer = {
    kernel: [1, 1, 1, 3],
    inChannels: 1,
    outChannels: 1,
    weights: Float32Array.of(1, 10, 100),
    bias: Float32Array.of(0),
    relu: false,
  };
  const x = Float32Array.of(1, 2, 3, 4), pairs = Int32Array.of(0, 3, 0, 0, 0, 2, 0, 1);
  assertEquals([...conv4dAt(x, [1, 1, 1, 4], pairs, [layer, layer], false)], [862, 34200, 8941, 46620]);
  // A bias does not leak in from outside: there is no value there, not that of zeros.
  const lifted = { ...layer, bias: Float32Array.of(1000) };
  assertEquals([...conv4dAt(x, [1, 1, 1, 4], Int32Array.of(0, 3), [lifted, layer], false)], [862 + 1000 + 10000]);
});

Deno.test("conv4dAt() is the whole net's value, bit for bit, at every pair, and NaN outside", () => {
  const random = new Random(5), size = [4, 3, 5, 4] as const;
  const layers = [[1, 4], [4, 2]].map(([inChannels, outChannels], i): Conv4dLayer => {
    const kernel = i === 0 ? [3, 1, 3, 3] as const : [1, 3, 3, 1] as const;
    const weights = random.floats(kernel.reduce((a, b) => a * b, inChannels! * outChannels!));
    const bias = random.floats(outChannels!);
    return { kernel, inChannels: inChannels!, outChannels: outChannels!, weights, bias, relu: i === 0 };
  });
  const x = random.floats(240), n = 12, m = 20;
  const pairs = Int32Array.from({ length: 2 * n * m }, (_, i) => i % 2 === 0 ? Math.floor(i / 2 / m) : (i >> 1) % m);
  for (const symmetric of [false, true]) {
    assertEquals(conv4dAt(x, size, pairs, layers, symmetric), conv4dNet(x, size, layers, symmetric));
  }
  assertEquals([...conv4dAt(x, size, Int32Array.of(0, 20, -1, 0), layers, false)], [NaN, NaN, NaN, NaN]);
});
