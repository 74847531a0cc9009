import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { aggregate } from "../metrics/mod.ts";
import { loadAnyProtocol } from "../protocol/mod.ts";
import type { Measure } from "../run/dense/score.ts";
import { resultOf } from "../run/result.ts";
import type { RunRecord } from "../run/record.ts";
import type { Difficulty } from "../types.ts";
import { comparisonTables, costTables, type FinishedRun } from "./comparison.ts";

/** What the tables ask of a run. */
function record(method: string, sha256 = "s"): RunRecord {
  const part = { version: 1, code: "c", options: {}, identity: "i", trainedOn: [] };
  return {
    format: 1,
    id: method,
    method: { ...part, name: method, category: "c" },
    backbone: { ...part, name: "net" },
    localizer: { name: "nearest", options: {} },
    benchmark: {
      name: "demo",
      version: 1,
      code: "c",
      split: "test",
      options: {},
      sha256,
      synthetic: false,
      pairs: 4,
      root: null,
    },
    direction: "forward",
    limit: null,
    features: "float32",
    ops: null,
  } as RunRecord;
}

/** A run of four pairs with the given hits of ten points each at the first alpha, or the given measures. */
async function finished(
  method: string,
  protocolName: string,
  hits: readonly number[],
  measures?: readonly Measure[],
  sha256?: string,
): Promise<FinishedRun> {
  const protocol = await loadAnyProtocol(protocolName);
  const { alphas } = protocol;
  const difficulty: Difficulty[] = [{ viewpoint: 0, truncation: 3 }, { viewpoint: 2, truncation: 3 }];
  const pairs = hits.map((_, i) => ({ id: `p${i}`, category: i < 2 ? "cat" : "dog", difficulty: difficulty[i % 2]! }));
  const scores = aggregate(
    pairs,
    { name: protocol.name, average: "image", categoryWeights: null },
    { benchmark: "demo", threshold: "image" },
    alphas,
    new Uint32Array(4).fill(10),
    Uint32Array.from(hits.flatMap((hit) => alphas.map(() => hit))),
    [],
  );
  const result = resultOf(
    record(method, sha256),
    [{ protocol, scores, ...(measures === undefined ? {} : { measures }) }],
    { evaluated: 4, skipped: [] },
    [],
  );
  return { folder: method, result, scores: [measures === undefined ? scores : { ...scores, measures }] };
}

const row = (table: { rows: readonly (readonly string[])[] }, start: string) =>
  table.rows.find(([name]) => name!.startsWith(start))!;

Deno.test("a comparison by difficulty names the levels and breaks the share down", async () => {
  const runs = [await finished("a", "paper", [10, 0, 10, 4]), await finished("b", "paper", [5, 0, 5, 0])];
  const [, viewpoint, truncation, ...rest] = comparisonTables(runs, { by: "difficulty", alpha: 0.1 });
  assertEquals(rest, []);
  assertEquals(viewpoint!.rows, [["0 easy", "2", "100.0", "50.0"], ["2 hard", "2", "20.0", "0.0"]]);
  assertEquals(truncation!.rows, [["3 both", "4", "60.0", "25.0"]]);
});

Deno.test("measures are compared over the pairs both have, with an interval, and by category", async () => {
  const iou = (values: (number | null)[]): Measure => ({ name: "IoU", unit: "share", values });
  const error = (values: (number | null)[]): Measure => ({ name: "LOC-ERR", unit: "box", values });
  const runs = [
    await finished("a", "caltech", [0, 0, 0, 0], [iou([0.5, 0.5, 0.5, 0.5]), error([1, 1, 1, null])]),
    await finished("b", "caltech", [0, 0, 0, 0], [iou([0.75, 0.75, 0.75, 0.75]), error([0.5, 0.5, null, 9])]),
  ];
  const [overview, iouTable, errorTable] = comparisonTables(runs, { by: "category" });
  assertEquals(overview!.columns.map(({ name }) => name), [
    "method",
    "n",
    "IoU",
    "LOC-ERR",
    "difference IoU",
    "difference LOC-ERR",
  ]);
  assertEquals(row(overview!, "a").slice(4), ["baseline", "baseline"]);
  assertEquals(row(overview!, "b").slice(4), ["+25.0 [+25.0, +25.0]", "-0.500 [-0.500, -0.500] over 2 common"]);
  assertEquals(iouTable!.rows, [["cat", "2", "50.0", "75.0"], ["dog", "2", "50.0", "75.0"]]);
  // A mean leaves out the pairs it is undefined for.
  assertEquals(errorTable!.rows, [["cat", "2", "1.000", "0.500"], ["dog", "1", "1.000", "9.000"]]);
});

Deno.test("different protocols and different annotations never share a table; an unknown protocol is named", async () => {
  const runs = [
    await finished("a", "paper", [1, 2, 3, 4]),
    await finished("b", "original", [1, 2, 3, 4]),
    await finished("c", "paper", [1, 2, 3, 4], undefined, "other"),
    await finished("d", "flow", [1, 2, 3, 4], [{ name: "AEPE", unit: "px", values: [1, 2, 3, 4] }]),
  ];
  const tables = comparisonTables(runs, {});
  assertEquals(tables.length, 4);
  assert(tables.every((table) => table.rows.length === 1));
  assertEquals(row(tables[3]!, "d").slice(-2), ["baseline", "baseline"]);
  assertThrows(() => comparisonTables(runs, { protocols: ["tss"] }), InputError, "scored under paper, original, flow");
});

Deno.test("the cost of runs is told per pair made, and not at all where no run tells", async () => {
  const plain = await finished("a", "paper", [1, 2, 3, 4]);
  assertEquals(costTables([plain]), []);
  const cache = { computed: 8, fromDisk: 0, fromMemory: 0 };
  const timing = {
    seconds: 3,
    pairs: 4,
    pairsPerSecond: 4 / 3,
    peakMemoryMiB: 300,
    startMemoryMiB: 90,
    cache,
    cores: 2,
  };
  const [table] = costTables([plain, { ...await finished("b", "paper", [1, 2, 3, 4]), timing }]);
  assertEquals(row(table!, "a").slice(1), ["-", "-", "-", "-", "-", "-"]);
  assertEquals(row(table!, "b").slice(1), ["4", "3.0", "0.750", "8", "90", "300"]);
});
