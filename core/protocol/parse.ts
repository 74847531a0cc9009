import { InputError } from "../errors.ts";
import type { ThresholdSource } from "../types.ts";
import { isMap, Reader } from "./_reader.ts";
import { denseMetricOf, parseDense } from "./parse_dense.ts";
import type {
  AnyProtocol,
  Arithmetic,
  Average,
  FrameKind,
  MaxPoints,
  Protocol,
  ProtocolSource,
  ThresholdRule,
} from "./types.ts";

const RULES: readonly ThresholdSource[] = ["box", "keypoints", "image"];
const FRAMES: readonly FrameKind[] = ["original", "stretch", "align-corners", "pad", "shrink", "fit"];
const ARITHMETIC: readonly Arithmetic[] = ["float64", "float64-ratio", "float64-product", "float32-alpha", "float32"];
const AVERAGES: readonly Average[] = ["image", "point", "category-image", "category-point"];
const KEYS = [
  ..."title source metric frame ground_truth threshold comparison arithmetic average category_weights".split(" "),
  ..."direction max_points zero_threshold collapse_pixels sentinel alphas defects unofficial".split(" "),
];

/** A family: one YAML file, some protocols. */
export interface ProtocolFamily {
  readonly name: string;
  /** The protocol that the family's own name stands for. */
  readonly default: string;
  readonly protocols: readonly AnyProtocol[];
}

/**
 * Checks a parsed protocol file. Unknown keys are errors, and so is a deviation that no `defects` sentence names.
 *
 * @param value the parsed YAML
 * @param name the file's name without extension; the `name` in the file must agree
 * @throws InputError naming the file, the protocol and the key
 */
export function parseFamily(value: unknown, name: string): ProtocolFamily {
  const where = `protocol file ${name}.yaml`;
  if (!isMap(value)) throw new InputError(`${where}: must be a map`);
  // A file's metric says which keys it may have: keypoints and dense fields are judged by different rules.
  const dense = denseMetricOf(value);
  const keys = dense?.keys ?? KEYS;
  const file = new Reader(value, where).known(["name", "default", "variants", ...keys]);
  if (file.text("name") !== name) file.fail("name", `is "${file.text("name")}", but the file is ${name}.yaml`);
  const variants = file.map("variants");
  const names = Object.keys(variants.raw);
  const fallback = file.one("default", names);
  const { name: _name, default: _default, variants: _variants, ...common } = value;
  const protocols = names.map((variant) => {
    const own = variants.raw[variant] ?? {};
    if (!isMap(own)) variants.fail(variant, "must be a map of the keys that differ");
    const reader = new Reader({ ...common, ...own }, `${where}: ${variant}`).known(keys);
    const label = { name: variant, family: name, source: parseSource(reader) };
    return dense === undefined ? parseProtocol(reader, label) : parseDense(reader, label);
  });
  return { name, default: fallback, protocols };
}

function parseProtocol(file: Reader, label: Pick<Protocol, "name" | "family" | "source">): Protocol {
  const frame = file.map("frame").known(["kind", "side"]);
  const kind = frame.one("kind", FRAMES);
  const truth = file.has("ground_truth") ? file.map("ground_truth").known(["floor_on", "clamp"]) : new Reader({}, "");
  const clamp = truth.has("clamp") ? truth.number("clamp", 0) : null;
  if (clamp !== null && kind !== "stretch" && kind !== "align-corners") {
    truth.fail("clamp", `needs a frame of one fixed side, and "${kind}" has none`);
  }
  const protocol: Protocol = {
    ...label,
    title: file.text("title"),
    metric: file.one("metric", ["pck", "pck-dagger"]),
    frame: kind === "original" ? { kind } : { kind, side: frame.number("side", 2) },
    groundTruth: { floorOn: truth.texts("floor_on"), clamp },
    threshold: parseThresholds(file.map("threshold").known(RULES)),
    comparison: file.one("comparison", ["<=", "<"]),
    arithmetic: file.one("arithmetic", ARITHMETIC),
    average: file.one("average", AVERAGES),
    categoryWeights: file.has("category_weights") ? parseWeights(file.map("category_weights").known(RULES)) : null,
    direction: file.one("direction", ["forward", "reverse"]),
    maxPoints: file.has("max_points") ? parseMaxPoints(file.map("max_points").known(["policy", ...RULES])) : null,
    zeroThreshold: file.one("zero_threshold", ["error", "score"]),
    collapsePixels: file.flag("collapse_pixels", false),
    sentinel: file.has("sentinel") ? file.number("sentinel") : null,
    alphas: file.alphas(),
    defects: file.texts("defects"),
    unofficial: file.texts("unofficial").map((rule) => new Reader({ rule }, file.where).one("rule", RULES)),
  };
  if (protocol.categoryWeights !== null && !protocol.average.startsWith("category-")) {
    file.fail("category_weights", `needs an average over categories, and the average is "${protocol.average}"`);
  }
  requireDefects(protocol, file);
  return protocol;
}

function parseSource(protocol: Reader): ProtocolSource | null {
  if (!protocol.has("source")) return null;
  const file = protocol.map("source").known(["repository", "commit", "file"]);
  return { repository: file.text("repository"), commit: file.text("commit"), file: file.text("file") };
}

function parseThresholds(file: Reader): Protocol["threshold"] {
  const rules: { [rule in ThresholdSource]?: ThresholdRule } = {};
  for (const rule of RULES) {
    if (!file.has(rule)) continue;
    const one = file.map(rule).known(["of", "side", "padding", "arithmetic"]);
    const of = one.one("of", ["box", "keypoints", "keypoints-padded", "image"]);
    if ((of === "keypoints-padded") !== one.has("padding")) {
      one.fail("padding", "belongs to keypoints-padded, and only there");
    }
    rules[rule] = {
      of,
      side: one.one("side", ["source", "target"]),
      ...(one.has("padding") ? { padding: one.number("padding") } : {}),
      ...(one.has("arithmetic") ? { arithmetic: one.one("arithmetic", ARITHMETIC) } : {}),
    };
  }
  if (Object.keys(rules).length === 0) {
    throw new InputError(`${file.where}: names no rule; there are: ${RULES.join(", ")}`);
  }
  return rules;
}

function parseWeights(file: Reader): NonNullable<Protocol["categoryWeights"]> {
  const weights: { [rule in ThresholdSource]?: Record<string, number> } = {};
  for (const rule of RULES) {
    if (!file.has(rule)) continue;
    const one = file.map(rule);
    weights[rule] = Object.fromEntries(Object.keys(one.raw).map((category) => [category, one.number(category, 0)]));
  }
  return weights;
}

function parseMaxPoints(file: Reader): MaxPoints {
  const n: { [rule in ThresholdSource]?: number } = {};
  for (const rule of RULES) if (file.has(rule)) n[rule] = file.number(rule, 1);
  return { policy: file.one("policy", ["first", "error", "exactly"]), n };
}

/** A protocol that departs from its own definition of a hit must say so. */
function requireDefects(protocol: Protocol, file: Reader): void {
  const rules = Object.values(protocol.threshold);
  const judged = protocol.direction === "forward" ? "target" : "source";
  const why = protocol.maxPoints?.policy === "first"
    ? "points are dropped silently"
    : protocol.sentinel !== null
    ? "a coordinate value marks missing points"
    : protocol.collapsePixels
    ? "points on one pixel collapse"
    : rules.some((rule) => rule.of === "keypoints-padded")
    ? "a threshold counts padding"
    : rules.some((rule) => rule.of !== "image" && rule.side !== judged)
    ? `a threshold is of the other image than the judged points`
    : protocol.zeroThreshold === "score"
    ? "a threshold of zero is scored"
    : "";
  if (why !== "" && protocol.defects.length === 0) file.fail("defects", `must name the defect: ${why}`);
}
