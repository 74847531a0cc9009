/**
 * Reads and checks a plugin's YAML card.
 *
 * @module
 */
import { parse } from "@std/yaml";
import * as v from "valibot";
import { InputError, messageOf, suggest } from "./errors.ts";
import type { Card, OptionValue, Paper, ReportedNumber, WeightCard } from "./types.ts";

/** Kinds of plugin; the card's file is `<kind>.yaml`. */
export type PluginKind = Card["kind"];

const text = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
const words = v.array(text, "must be a list of texts");
const values = v.record(v.string(), v.unknown() as v.GenericSchema<OptionValue>, "must be a map");

const schema = v.strictObject({
  name: text,
  version: v.pipe(v.number("must be a whole number"), v.integer("must be a whole number"), v.minValue(1)),
  summary: text,
  licence: text,
  weights_licence: v.optional(text),
  paper: v.optional(v.strictObject({
    title: text,
    authors: words,
    year: v.pipe(v.number("must be a year"), v.integer()),
    venue: text,
    url: v.optional(text),
  })),
  backbone: v.optional(text),
  localizer: v.optional(text),
  supervision: v.optional(
    v.picklist(["none", "zero-shot", "weak", "strong"], "must be none, zero-shot, weak or strong"),
  ),
  trained_on: v.optional(words, []),
  settings: v.optional(values, {}),
  presets: v.optional(v.record(v.string(), values, "must map benchmarks to settings"), {}),
  weights: v.optional(
    v.array(v.strictObject({
      name: text,
      url: text,
      bytes: v.optional(v.number("must be a number of bytes")),
      sha256: v.union(
        [v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), v.literal("recorded on first download")],
        'must be 64 hexadecimal digits or "recorded on first download"',
      ),
      licence: text,
      source: text,
    })),
    [],
  ),
  reported: v.optional(
    v.array(v.strictObject({
      benchmark: text,
      protocol: text,
      metric: text,
      value: v.pipe(
        v.number("must be a number"),
        v.minValue(0, "must lie in [0, 1]"),
        v.maxValue(1, "must lie in [0, 1]"),
      ),
      source: text,
    })),
    [],
  ),
  extra: v.optional(values, {}),
});

/**
 * Reads the card of a plugin folder.
 *
 * @throws InputError with the file and the first thing wrong in it.
 */
export async function readCard(kind: PluginKind, folder: string, name: string, category: string): Promise<Card> {
  const file = `${folder}/${kind}.yaml`;
  const broken = (why: string) => new InputError(`Cannot use card "${file}": ${why}`);
  let source: string;
  try {
    source = await Deno.readTextFile(file);
  } catch {
    throw broken(`it is absent; every folder of ${kind === "method" ? "a category" : `${kind}s`} needs a ${kind}.yaml`);
  }
  let raw: unknown;
  try {
    raw = parse(source, { schema: "core" });
  } catch (error) {
    throw broken(messageOf(error));
  }
  const result = v.safeParse(schema, raw);
  if (!result.success) throw broken(firstIssue(result.issues[0]));
  const card = result.output;
  if (card.name !== name) throw broken(`its name is "${card.name}" but its folder is "${name}"; they must be the same`);
  return {
    kind,
    name,
    category,
    folder,
    version: card.version,
    summary: card.summary,
    licence: card.licence,
    trainedOn: card.trained_on,
    settings: card.settings,
    presets: card.presets,
    weights: card.weights as WeightCard[],
    reported: card.reported as ReportedNumber[],
    extra: card.extra,
    ...(card.weights_licence === undefined ? {} : { weightsLicence: card.weights_licence }),
    ...(card.paper === undefined ? {} : { paper: card.paper as Paper }),
    ...(card.backbone === undefined ? {} : { backbone: card.backbone }),
    ...(card.localizer === undefined ? {} : { localizer: card.localizer }),
    ...(card.supervision === undefined ? {} : { supervision: card.supervision }),
  };
}

function firstIssue(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((item) => String(item.key)).join(".") ?? "";
  if (path === "") return "it is not a map of keys";
  if (issue.type === "strict_object") {
    return `"${path}" is not a key of a card${suggest(path, Object.keys(schema.entries))}`;
  }
  // A message of the schema's own starts with a verb; the library's default is longer and names types.
  return `"${path}" ${issue.message.startsWith("must") ? issue.message : `is wrong (${issue.message})`}`;
}
