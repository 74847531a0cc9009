import { localizers } from "../localize/mod.ts";
import { listProtocols } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import { InputError, suggest } from "../errors.ts";
import type { Card } from "../types.ts";
import { describe } from "../value.ts";
import type { Invocation } from "./main.ts";
import { renderTable, type TableData } from "./table.ts";
import { textWords } from "./words.ts";

const KINDS = ["method", "backbone", "benchmark", "localizer", "protocol"] as const;

/** `deno task list`: cards without code; with `name=` one plugin whole, its options included. */
export default async function list(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "list", ["kind", "name"]);
  const kind = words.kind;
  if (kind !== undefined && !(KINDS as readonly string[]).includes(kind)) {
    throw new InputError(`Cannot list kind=${kind}${suggest(kind, KINDS)}`);
  }
  const registry = await Registry.open();
  if (words.name !== undefined) return await showOne(registry, words.name, kind, invocation.flags.json);

  const wanted = (k: string) => kind === undefined || kind === k;
  const protocols = wanted("protocol") ? await listProtocols() : [];
  if (invocation.flags.json) {
    const out = {
      cards: registry.cards.filter((card) => wanted(card.kind)),
      localizers: wanted("localizer") ? Object.entries(localizers).map(([name, { doc }]) => ({ name, doc })) : [],
      protocols: protocols.map(({ name, title, family }) => ({ name, title, family })),
      broken: registry.broken,
    };
    console.log(JSON.stringify(out, null, 2));
    return;
  }
  const tables: TableData[] = [];
  if (wanted("method")) {
    tables.push({
      title: "methods",
      columns: [{ name: "method" }, { name: "category" }, { name: "what" }, { name: "supervision" }, {
        name: "licence",
      }],
      rows: registry.list("method").map((
        card,
      ) => [card.name, card.category, card.summary, card.supervision ?? "-", card.licence]),
      notes: [],
    });
  }
  for (const k of ["backbone", "benchmark"] as const) {
    if (!wanted(k)) continue;
    tables.push({
      title: `${k}s`,
      columns: [{ name: k }, { name: "what" }, { name: "licence" }],
      rows: registry.list(k).map((card) => [card.name, card.summary, card.licence]),
      notes: [],
    });
  }
  if (wanted("localizer")) {
    tables.push({
      title: "localizers",
      columns: [{ name: "localizer" }, { name: "what" }],
      rows: Object.entries(localizers).map(([name, { doc }]) => [name, doc]),
      notes: [],
    });
  }
  if (wanted("protocol")) {
    tables.push({
      title: "protocols",
      columns: [{ name: "protocol" }, { name: "what" }],
      rows: protocols.map((
        { name, title, family, isDefault },
      ) => [isDefault && name !== family ? `${name} (${family})` : name, title]),
      notes: [],
    });
  }
  console.log(tables.map((table) => renderTable(table, "table")).join("\n"));
  for (const broken of registry.broken) console.error(`warning: ${broken.reason}`);
  if (registry.broken.length > 0) Deno.exitCode = 1;
}

async function showOne(registry: Registry, name: string, kind: string | undefined, json: boolean): Promise<void> {
  const card = registry.cards.find((c) => c.name === name && (kind === undefined || c.kind === kind));
  if (card === undefined) {
    const broken = registry.broken.find((b) => b.name === name);
    throw new InputError(broken?.reason ?? `Cannot find "${name}"${suggest(name, registry.cards.map((c) => c.name))}`);
  }
  const { defaults } = await registry.load(card);
  const section = card.kind === "method" ? "" : `${card.kind}.`;
  const options = Object.entries(defaults).map(([key, spec]) => ({
    key: section + key,
    default: spec.value,
    takes: describe(spec),
    doc: spec.doc,
  }));
  if (json) {
    console.log(JSON.stringify({ ...card, options }, null, 2));
    return;
  }
  console.log(cardText(card));
  console.log(renderTable({
    title: "options",
    columns: [{ name: "key" }, { name: "default" }, { name: "takes" }, { name: "meaning" }],
    rows: options.map((o) => [o.key, JSON.stringify(o.default), o.takes, o.doc]),
    notes: options.length === 0 ? ["none"] : [],
  }, "table"));
}

function cardText(card: Card): string {
  const { paper } = card;
  return [
    `${card.kind} ${card.name}${card.category === "" ? "" : ` (${card.category})`}, version ${card.version}`,
    card.summary,
    ...(paper === undefined ? [] : [
      `paper: ${paper.authors.join(", ")}: ${paper.title}. ${paper.venue} ${paper.year}.${
        paper.url === undefined ? "" : ` ${paper.url}`
      }`,
    ]),
    `licence: ${card.licence}${card.weightsLicence === undefined ? "" : `; weights: ${card.weightsLicence}`}`,
    ...(card.supervision === undefined ? [] : [`supervision: ${card.supervision}`]),
    ...(card.trainedOn.length === 0 ? [] : [`trained on: ${card.trainedOn.join(", ")}`]),
    ...(card.backbone === undefined ? [] : [`default backbone: ${card.backbone}`]),
    ...(card.localizer === undefined ? [] : [`default localizer: ${card.localizer}`]),
    ...card.weights.map((w) => `weights ${w.name}: ${w.url} (${w.licence})`),
    ...card.reported.map((r) =>
      `reported: ${r.benchmark} ${r.metric} ${(100 * r.value).toFixed(1)} (${r.protocol}; ${r.source})`
    ),
    "",
  ].join("\n");
}
