import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { RandomWeights } from "../weights/learned.ts";
import { WeightSet } from "../weights/set.ts";
import { tensorOf } from "../weights/tensor.ts";
import { takeConv4d, takeStack } from "./layers.ts";

Deno.test("takeConv4d() moves the first kernel axis behind the channels", () => {
  // Stored [k1 = 3][out = 2][in = 1][1][1][1]: values 10 * k1 + out.
  const stored = Float32Array.of(0, 1, 10, 11, 20, 21);
  const set = new WeightSet(
    "a test",
    new Map([
      ["c.weight", tensorOf("c.weight", [3, 2, 1, 1, 1, 1], stored)],
      ["c.bias", tensorOf("c.bias", [2], Float32Array.of(5, 6))],
    ]),
  );
  const layer = takeConv4d(set, "c", [3, 1, 1, 1], 1, 2);
  set.finish("a test");
  // [out][in][k1]...
  assertEquals([...layer.weights], [0, 10, 20, 1, 11, 21]);
  assertEquals([...layer.bias], [5, 6]);
});

Deno.test("takeStack() reads kernels and channels off the checkpoint, whatever the fallback says", () => {
  const tensor = (name: string, shape: number[]) =>
    [name, tensorOf(name, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)))] as const;
  const set = new WeightSet(
    "a test",
    new Map([
      tensor("n.0.weight", [3, 4, 1, 3, 3, 3]),
      tensor("n.0.bias", [4]),
      tensor("n.2.weight", [5, 1, 4, 5, 5, 5]),
      tensor("n.2.bias", [1]),
    ]),
  );
  const layers = takeStack(set, "n", { kernels: [7], channels: [1] });
  set.finish("a test");
  assertEquals(layers.map(({ kernel, inChannels, outChannels }) => [kernel[3], inChannels, outChannels]), [
    [3, 1, 4],
    [5, 4, 1],
  ]);
});

Deno.test("takeStack() refuses stacks that are none", () => {
  const take = (kernels: number[], channels: number[]) => takeStack(new RandomWeights(), "n", { kernels, channels });
  assertEquals(take([3, 3], [2, 1]).length, 2);
  assertThrows(() => take([], []), InputError, "one number per layer");
  assertThrows(() => take([3, 3], [1]), InputError, "one number per layer");
  assertThrows(() => take([3], [2]), InputError, "the last channel 1");
  assertThrows(() => take([4], [1]), InputError, "odd");
  assertThrows(() => take([3], [NaN]), InputError, "whole");
});
