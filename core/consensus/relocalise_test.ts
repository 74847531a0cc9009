import { assertEquals, assertRejects } from "@std/assert";
import { openOps } from "../../ffi/mod.ts";
import { InputError } from "../errors.ts";
import { pooledCorrelation, unpackOffset } from "./relocalise.ts";
import { correlation, type Descriptors } from "./volume.ts";

function map(rows: number, cols: number, values: number[]): Descriptors {
  return { rows, cols, channels: values.length / (rows * cols), data: Float32Array.from(values) };
}

Deno.test("pooledCorrelation() keeps each box's largest similarity and its place", async () => {
  using ops = await openOps({ ops: "reference" });
  // 2 x 2 source cells, 2 x 4 target cells, unit vectors e0..e3 by number; -1: the zero vector.
  const unit = (...which: number[]) => which.flatMap((at) => [0, 1, 2, 3].map((i) => (i === at ? 1 : 0)));
  const source = map(2, 2, unit(0, 1, 2, 3));
  const target = map(2, 4, unit(-1, 2, -1, -1, -1, -1, 3, 1));
  const pooled = await pooledCorrelation(ops, { source, target }, 2);
  assertEquals(pooled.size, [1, 1, 1, 2]);
  assertEquals([...pooled.data].map((value) => value.toFixed(4)), ["1.0000", "1.0000"]);
  // Left box: source cell (1, 0) is e2, target cell (0, 1). Right box: source (0, 1) comes before (1, 1); target (1, 1).
  assertEquals([...pooled.offset].map((place) => unpackOffset(place, 2)), [[1, 0, 0, 1], [0, 1, 1, 1]]);
});

Deno.test("pooledCorrelation() with boxes of one cell is the correlation", async () => {
  using ops = await openOps({ ops: "reference" });
  const source = map(2, 3, [1, 2, 3, -4, 5, 6, 7, 8, -9, 1, 2, 3]), target = map(1, 2, [3, 1, -2, 2]);
  const { data } = await correlation(ops, { source, target });
  assertEquals((await pooledCorrelation(ops, { source, target }, 1)).data, data);
});

Deno.test("pooledCorrelation() refuses maps that do not divide", async () => {
  using ops = await openOps({ ops: "reference" });
  const source = map(2, 3, [1, 1, 1, 1, 1, 1]);
  await assertRejects(() => pooledCorrelation(ops, { source, target: source }, 2), InputError, "must be a multiple");
});
