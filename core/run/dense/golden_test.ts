/** The official evaluators' recorded numbers, through prediction, disk and protocol data. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { inTempFolder } from "../../data/testing/benchmark.ts";
import type { RecordedCaltech, RecordedTss } from "../../metrics/_golden_dense.ts";
import { pointsOf } from "../../frame.ts";
import { fillPolygon } from "../../metrics/mod.ts";
import { loadAnyProtocol } from "../../protocol/mod.ts";
import type { DenseProtocol } from "../../protocol/mod.ts";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import type { BenchmarkPair } from "../../types.ts";
import { benchmarkOf, densePair, fieldBy, flowMethod, pixelLattice, predictAll } from "./_testing.ts";
import { type DenseScores, scoreDense } from "./score.ts";

/** Values are recorded with six digits. */
const TOLERANCE = 1e-6;

async function read<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(sharedPath(`golden/protocols/${name}`)));
}

const sizeOf = ([width, height]: readonly [number, number]) => ({ width, height });

/** Scores pairs whose predicted field (of the picture it starts from) is given. */
async function scored(
  pairs: readonly BenchmarkPair[],
  fields: ReadonlyMap<string, Float32Array>,
  direction: "forward" | "reverse",
  names: readonly string[],
): Promise<DenseScores[]> {
  const out: DenseScores[] = [];
  await inTempFolder(async (folder) => {
    const method = flowMethod((from) => ({ lattice: pixelLattice(from), data: fields.get(from.origin)! }));
    const lines = await predictAll(method, pairs, folder, direction);
    for (const name of names) {
      const protocol = await loadAnyProtocol(name) as DenseProtocol;
      out.push(await scoreDense(protocol, pairs, lines, folder, benchmarkOf(pairs)));
    }
  });
  return out;
}

sharedTest("tss and tss-dataset give DenseMatching's recorded numbers", "golden/protocols/tss.json", async () => {
  const { items, expected } = await read<RecordedTss>("tss.json");
  const fields = new Map<string, Float32Array>();
  const pairs = items.map((item) => {
    const source = { width: item.flow[0]!.length, height: item.flow.length };
    const field = (flow: typeof item.flow) => fieldBy(source, (x, y) => [x + flow[y]![x]![0], y + flow[y]![x]![1]]);
    // Their target holds the flow: it is our source.
    const flow = field(item.flow).map((value, i) =>
      item.mask[Math.floor(i / 2 / source.width)]![(i >> 1) % source.width] === 255 ? value : NaN
    );
    fields.set(`${item.id}:source`, field(item.estimated_flow));
    return densePair(item.id, item.group, { source, target: sizeOf(item.source_size) }, { flow });
  });
  const [perImage, pooled] = await scored(pairs, fields, "forward", ["tss", "tss-dataset"]);
  const values = expected["densematching-tss"]!;
  const aepe = perImage!.measures[0]!.values;
  for (const group of [...perImage!.scores.categories, { name: "all", values: perImage!.scores.values }]) {
    const own = values[group.name]!;
    [0.01, 0.05, 0.1, 0.15].forEach((alpha, a) => {
      const key = `PCK_${String(alpha).replace(".", "_")}_per_image`;
      assertAlmostEquals(group.values[a]!, own[key] as number, TOLERANCE, `${group.name} ${key}`);
    });
    const of = pairs.flatMap(({ category }, i) => group.name === "all" || category === group.name ? [aepe[i]!] : []);
    assertAlmostEquals(of.reduce((sum, value) => sum + value, 0) / of.length, own.AEPE as number, TOLERANCE);
  }
  [0.01, 0.05, 0.1, 0.15].forEach((alpha, a) => {
    const key = `PCK_${String(alpha).replace(".", "_")}_per_dataset`;
    assertAlmostEquals(pooled!.scores.values[a]!, values.all![key] as number, TOLERANCE, key);
  });
});

sharedTest("caltech gives WeakAlign's recorded numbers", "golden/protocols/caltech.json", async () => {
  const { items, expected } = await read<RecordedCaltech>("caltech.json");
  const fields = new Map<string, Float32Array>();
  const pairs = items.map((item) => {
    const sizes = { source: sizeOf(item.source_size), target: sizeOf(item.target_size) };
    const back = (value: number, length: number) => (value + 1) / 2 * (length - 1);
    fields.set(
      `${item.id}:target`,
      fieldBy(sizes.target, (x, y) => {
        const [gx, gy] = item.sampling_grid[y]![x]!;
        return [back(gx, sizes.source.width), back(gy, sizes.source.height)];
      }),
    );
    const mask = (side: "source" | "target") => fillPolygon(pointsOf(item[`${side}_polygon`]), sizes[side]).data;
    return densePair(item.id, "g", sizes, { masks: { source: mask("source"), target: mask("target") } });
  });
  const [warped] = await scored(pairs, fields, "reverse", ["caltech"]);
  const want = expected["weakalign-area"]!;
  const mean = (name: string) => {
    const { values } = warped!.measures.find((one) => one.name === name)!;
    assertEquals(values.length, items.length);
    return values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
  };
  assertAlmostEquals(mean("LT-ACC"), want.lt_acc as number, TOLERANCE);
  assertAlmostEquals(mean("IoU"), want.iou as number, TOLERANCE);
  assertAlmostEquals(mean("LOC-ERR"), want.loc_err as number, TOLERANCE);
});
