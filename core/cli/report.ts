import { isDense } from "../protocol/mod.ts";
import { partialLabel, type ProtocolResult, type ResultRecord } from "../run/result.ts";
import { measureCell, measureNotes, measuresOf, measureText } from "./measures.ts";
import { percent, type TableData } from "./table.ts";

/** `@.01`, `@.1`: how the field writes a PCK column. */
export function alphaName(alpha: number): string {
  return `@${String(alpha).replace(/^0/, "")}`;
}

/** `nearest-neighbour + dense-sift` and what else tells a run from its neighbours. */
export function runName(result: ResultRecord): string {
  const { method, backbone, localizer } = result.run;
  return `${method.name} + ${backbone.name}, ${localizer.name}`;
}

/** Marks that must stand beside every number of a result. */
export function marks(result: ResultRecord): string[] {
  const partial = partialLabel(result);
  const { meaningless } = result.run;
  return [
    ...(meaningless === undefined ? [] : [`MEANINGLESS: ${meaningless}`]),
    ...(result.synthetic ? ["SYNTHETIC pictures: says nothing about photographs"] : []),
    ...(partial === undefined ? [] : [partial]),
    ...trainedOnOverlap(result),
  ];
}

/** One mark per part of the method that was trained on the benchmark it is scored on. */
export function trainedOnOverlap(result: ResultRecord): string[] {
  const { method, backbone, benchmark } = result.run;
  return [method, backbone]
    .filter((part) => part.trainedOn.includes(benchmark.name))
    .map((part) => `TRAINED ON ${benchmark.name}: ${part.name}`);
}

/** Value and interval, `34.5 [31.0, 38.1]`. */
export function withInterval(result: ProtocolResult, i: number): string {
  const interval = result.intervals?.[i];
  const value = percent(result.values[i]);
  return interval === undefined ? value : `${value} [${percent(interval.low)}, ${percent(interval.high)}]`;
}

/** The tables of one run: per category under the first protocol, then all protocols with intervals. */
export function runTables(result: ResultRecord): TableData[] {
  const protocols = Object.values(result.results);
  const first = protocols[0];
  if (first === undefined) return [];
  const { benchmark } = result.run;
  const title = `${runName(result)} on ${benchmark.name} (${benchmark.split})`;
  const columnsOf = (alphas: readonly number[]) =>
    alphas.map((alpha) => ({ name: `PCK ${alphaName(alpha)}`, align: "right" as const }));
  const alphaColumns = columnsOf(first.alphas);
  const measures = measuresOf(protocols);
  const own = measuresOf([first]);
  const measureColumns = (of: typeof measures) => of.map(({ column }) => ({ name: column, align: "right" as const }));
  // Protocols of the literature print different alphas.
  const alphas = [...new Set(protocols.flatMap((p) => p.alphas))].sort((a, b) => a - b);
  const groups = first.categories.length > 1 ? first.categories : [];
  const perCategory: TableData = {
    title: `${title}, protocol ${first.protocol.name}`,
    columns: [
      { name: "category" },
      { name: "pairs", align: "right" },
      { name: isDense(first.protocol) ? "pixels" : "points", align: "right" },
      ...alphaColumns,
      ...measureColumns(own),
    ],
    rows: [
      ...groups.map((group) => [
        group.name,
        String(group.pairs),
        String(group.points),
        ...group.values.map((v) => percent(v)),
        ...own.map(({ name }) => categoryMeasure(first, name, group.name)),
      ]),
      [
        "all",
        String(first.pairs),
        String(first.points),
        ...first.values.map((v) => percent(v)),
        ...own.map(({ name }) => categoryMeasure(first, name)),
      ],
    ],
    notes: [],
  };
  const overall: TableData = {
    title: `${alphas.length > 0 ? "PCK in %" : "shares in %"} with 95 % bootstrap interval over pairs`,
    columns: [
      { name: "protocol" },
      { name: "n", align: "right" },
      ...columnsOf(alphas),
      ...measureColumns(measures),
    ],
    rows: protocols.map((p) => [
      p.protocol.name,
      String(p.pairs),
      ...alphas.map((alpha) => p.alphas.includes(alpha) ? withInterval(p, p.alphas.indexOf(alpha)) : "-"),
      ...measures.map(({ name }) => measureCell(p, name)),
    ]),
    notes: [
      ...marks(result),
      ...measureNotes(protocols),
      ...protocols.flatMap((
        p,
      ) => [
        ...p.notes.map((note) => `${p.protocol.name}: ${note}`),
        ...(p.reason === null ? [] : [`no interval: ${p.reason}`]),
      ]),
    ],
  };
  return [perCategory, overall];
}

/** A measure of one category, or of all pairs. */
function categoryMeasure(result: ProtocolResult, name: string, category?: string): string {
  const measure = result.measures?.find((one) => one.name === name);
  if (measure === undefined) return "-";
  const of = category === undefined ? measure : measure.categories.find((one) => one.name === category);
  return measureText(measure.unit, of?.value ?? null);
}
