/**
 * Layered configuration with origins. Layers, low to high: core defaults < plugin defaults < benchmark card < method
 * card < its preset for the benchmark < config file < command line.
 *
 * A benchmark's card says how its data is judged (`protocol`, `run.direction`); a method's card knows more.
 *
 * @module
 */
import { parse } from "@std/yaml";
import { InputError, messageOf, suggest } from "./errors.ts";
import { localizers } from "./localize/mod.ts";
import { option } from "./option.ts";
import type { Registry } from "./registry.ts";
import type { BackbonePart, BackbonePlugin, Card, OptionSpec, OptionSpecs, OptionValue } from "./types.ts";
import { checkValue, defaultsOf, parseValue } from "./value.ts";

/** Sections whose keys do not belong to the method. */
export const SELECTORS = ["method", "backbone", "benchmark", "localizer", "protocol"] as const;
export type Selector = typeof SELECTORS[number];

/** Options of the machinery itself: how a run is made, never (but for `limit` and `direction`) what it computes. */
export const coreOptions = {
  run: {
    out: option("runs", "folder that holds all runs"),
    limit: option(null as number | null, "evaluate only the first N pairs; the result is marked partial", {
      accepts: ["number"],
      integer: true,
      min: 1,
    }),
    direction: option(
      "forward",
      "predict target points of source points, the reverse, or both (for protocols that judge the reverse)",
      {
        choices: ["forward", "reverse", "both"],
      },
    ),
    shard: option(null as string | null, "evaluate one part only, as 3/16", { accepts: ["string"] }),
    restart: option(false, "throw away what an earlier run of the same id left"),
    cache: option(".cache/features", "folder of the feature cache"),
    cache_memory: option(512, "feature cache in memory, MiB; maps that also lie on disk take a quarter of it", {
      min: 0,
    }),
    flow_disk: option(16384, "dense predictions of one run on disk, MiB; a run stops before it needs more", { min: 1 }),
    cache_disk: option(4096, "feature cache on disk, MiB; 0 keeps none", { min: 0 }),
    cache_type: option("float32", "how cached descriptors are stored; float16 halves the size and rounds them", {
      choices: ["float32", "float16"],
    }),
  },
  ops: {
    memory: option(null as number | null, "MiB one volume may take; null: 60 % of free memory", {
      accepts: ["number"],
      min: 1,
    }),
    threads: option(null as number | null, "threads of native code; null: all cores", {
      accepts: ["number"],
      integer: true,
      min: 1,
    }),
  },
} satisfies Record<string, OptionSpecs>;

const OPS = option("auto", "where heavy operations run", { choices: ["auto", "cuda", "cpu", "reference"] });

/** Core defaults of the selectors. */
const DEFAULTS: Record<Selector, string> = {
  method: "nearest-neighbour",
  backbone: "dense-sift",
  benchmark: "shapes",
  localizer: "nearest",
  protocol: "paper,original",
};

/** The protocols a benchmark is scored under unless something else is asked for. */
export function defaultProtocols(benchmark: Card): readonly string[] {
  return names(benchmark.settings.protocol ?? DEFAULTS.protocol, "protocol");
}

/** One resolved value and the layer it came from. */
export interface Setting {
  readonly key: string;
  readonly value: OptionValue;
  readonly origin: string;
  readonly doc: string;
}

/** Everything one run needs, resolved. */
export interface RunConfig {
  readonly method: Card;
  readonly backbone: Card;
  /** The backbones it is made of; their options are `<label>.<option>` among its own. Empty for most. */
  readonly parts: readonly PartCard[];
  readonly benchmark: Card;
  readonly localizer: string;
  readonly protocols: readonly string[];
  readonly ops: string;
  /** Values of each section, by option name. */
  readonly options: {
    readonly method: Record<string, OptionValue>;
    readonly backbone: Record<string, OptionValue>;
    readonly benchmark: Record<string, OptionValue>;
    readonly localizer: Record<string, OptionValue>;
    readonly run: Record<string, OptionValue>;
    readonly ops: Record<string, OptionValue>;
  };
  /** Folder given as `benchmark.root`. */
  readonly root?: string;
  /** In the order printed by `--explain`. */
  readonly settings: readonly Setting[];
}

/** A part of a backbone that is made of others. */
export interface PartCard {
  readonly label: string;
  readonly card: Card;
}

/** A layer of `key -> value`, and its name. */
export interface Layer {
  readonly origin: string;
  readonly values: ReadonlyMap<string, OptionValue>;
}

/**
 * Words of the form `key=value` as a layer.
 *
 * @throws InputError for a word without `=`, an empty key, or a key given twice.
 */
export function parseWords(words: readonly string[], origin = "command line"): Layer {
  const values = new Map<string, OptionValue>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at <= 0) throw new InputError(`Cannot use "${word}": settings are written key=value, as in backbone=hog`);
    const key = word.slice(0, at);
    if (values.has(key)) throw new InputError(`Cannot set "${key}" twice on the ${origin}`);
    if (at === word.length - 1) {
      throw new InputError(`Cannot set "${key}" to nothing: write ${key}=VALUE, or ${key}='""' for empty text`);
    }
    values.set(key, parseValue(key, word.slice(at + 1)));
  }
  return { origin, values };
}

/** A YAML file of settings as a layer; nested maps become dotted keys, so `backbone: {name: hog, cell: 8}` is not needed. */
export async function readLayer(path: string): Promise<Layer> {
  let raw: unknown;
  try {
    raw = parse(await Deno.readTextFile(path), { schema: "core" });
  } catch (error) {
    throw new InputError(`Cannot use config "${path}": ${messageOf(error)}`);
  }
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) {
    throw new InputError(`Cannot use config "${path}": it must be a map of settings, as on the command line`);
  }
  const values = new Map<string, OptionValue>();
  for (const [key, value] of Object.entries(raw as Record<string, OptionValue>)) {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      for (const [sub, inner] of Object.entries(value)) values.set(`${key}.${sub}`, inner);
    } else values.set(key, value);
  }
  return { origin: path, values };
}

/** Names of a selector, whose value may be a list: `a,b` or `[a, b]`. */
function names(value: OptionValue, key: string): string[] {
  const list = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [value];
  return list.map((name) => {
    if (typeof name !== "string" || name.trim() === "") {
      throw new InputError(`Cannot use ${key}=${JSON.stringify(value)}: it takes a name, or names joined by commas`);
    }
    return name.trim();
  });
}

/**
 * Resolves every run of a sweep: the product of the methods, backbones, benchmarks and localizers that are named.
 *
 * @param layers low to high: usually a config file and the command line.
 * @throws InputError for an unknown plugin, key or value.
 */
export async function resolveRuns(registry: Registry, layers: readonly Layer[]): Promise<RunConfig[]> {
  const chosen = (selector: Selector) => layers.findLast((layer) => layer.values.has(selector));
  const listOf = (selector: Selector): (string | undefined)[] => {
    const layer = chosen(selector);
    return layer === undefined ? [undefined] : names(layer.values.get(selector)!, selector);
  };
  const runs: RunConfig[] = [];
  for (const method of listOf("method")) {
    for (const benchmark of listOf("benchmark")) {
      for (const backbone of listOf("backbone")) {
        for (const localizer of listOf("localizer")) {
          runs.push(await resolveOne(registry, layers, { method, benchmark, backbone, localizer }));
        }
      }
    }
  }
  return runs;
}

async function resolveOne(
  registry: Registry,
  layers: readonly Layer[],
  asked: {
    method: string | undefined;
    benchmark: string | undefined;
    backbone: string | undefined;
    localizer: string | undefined;
  },
): Promise<RunConfig> {
  const method = registry.find("method", asked.method ?? DEFAULTS.method);
  const benchmark = registry.find("benchmark", asked.benchmark ?? DEFAULTS.benchmark);
  const preset = new Map(Object.entries(method.presets[benchmark.name] ?? {}));
  const presetOrigin = `card preset for ${benchmark.name}`;
  const cardLayers: Layer[] = [
    { origin: "benchmark card", values: new Map(Object.entries(benchmark.settings)) },
    { origin: "card", values: new Map(Object.entries(method.settings)) },
    { origin: presetOrigin, values: preset },
  ];
  const select = (selector: "backbone" | "localizer", own: string | undefined) => {
    const fromPreset = preset.get(selector);
    const fallback = typeof fromPreset === "string" ? fromPreset : own ?? DEFAULTS[selector];
    const name = asked[selector] ?? fallback;
    const origin = asked[selector] !== undefined
      ? originOf(layers, selector)
      : fromPreset !== undefined
      ? presetOrigin
      : own !== undefined
      ? "card"
      : "core default";
    return { name, origin, isCards: name === fallback };
  };
  const backboneChoice = select("backbone", method.backbone);
  const localizerChoice = select("localizer", method.localizer);
  const backbone = registry.find("backbone", backboneChoice.name);
  const localizerPlugin = localizers[localizerChoice.name];
  if (localizerPlugin === undefined) {
    throw new InputError(
      `Cannot find localizer "${localizerChoice.name}"${suggest(localizerChoice.name, Object.keys(localizers))}`,
    );
  }
  const [methodCode, backboneCode, benchmarkCode] = await Promise.all([
    registry.load({ ...method, kind: "method" }),
    registry.load({ ...backbone, kind: "backbone" }),
    registry.load(benchmark),
  ]);

  const ofBackbone = [...(backboneChoice.isCards ? cardLayers : []), ...layers];
  const chosenParts = partsOf(backboneCode, ofBackbone);
  const { parts, specs: partSpecs } = await loadParts(registry, backbone.name, chosenParts);
  const replaced = partsOf(backboneCode, cardLayers).filter((own) =>
    !chosenParts.some((part) => part.label === own.label && part.backbone === own.backbone)
  );
  const sections: Record<string, OptionSpecs> = {
    method: methodCode.defaults,
    backbone: { ...backboneCode.defaults, ...partSpecs },
    benchmark: benchmarkCode.defaults,
    localizer: localizerPlugin.defaults,
    run: coreOptions.run,
    ops: coreOptions.ops,
  };
  const settings = new Map<string, Setting>();
  const put = (key: string, value: OptionValue, origin: string, doc: string) =>
    settings.set(key, { key, value, origin, doc });
  put("method", method.name, asked.method === undefined ? "core default" : originOf(layers, "method"), method.summary);
  put("backbone", backbone.name, backboneChoice.origin, backbone.summary);
  put(
    "benchmark",
    benchmark.name,
    asked.benchmark === undefined ? "core default" : originOf(layers, "benchmark"),
    benchmark.summary,
  );
  put("localizer", localizerChoice.name, localizerChoice.origin, localizerPlugin.doc);
  put("protocol", DEFAULTS.protocol, "core default", "protocols the predictions are scored under");
  put("ops", OPS.value, "core default", OPS.doc);
  for (const [section, specs] of Object.entries(sections)) {
    const origin = section === "run" || section === "ops" ? "core default" : "plugin default";
    for (const [name, spec] of Object.entries(specs)) {
      put(section === "method" ? name : `${section}.${name}`, spec.value, origin, spec.doc);
    }
  }

  for (const layer of [...cardLayers, ...layers]) {
    const fromCard = cardLayers.includes(layer);
    for (const [key, value] of layer.values) {
      if (key === "config" || (SELECTORS as readonly string[]).includes(key) && key !== "protocol") continue;
      // A card's settings for its own backbone or localizer mean nothing to another one the user chose.
      if (fromCard && key.startsWith("backbone.") && !backboneChoice.isCards) continue;
      if (fromCard && key.startsWith("localizer.") && !localizerChoice.isCards) continue;
      // Nor do its settings for a part to another backbone the user put in its place.
      if (fromCard && replaced.some(({ label }) => key.startsWith(`backbone.${label}.`))) continue;
      if (key === "protocol") put(key, names(value, key).join(","), layer.origin, settings.get(key)!.doc);
      else if (key === "ops") put(key, checkValue(key, value, OPS), layer.origin, OPS.doc);
      else if (key === "benchmark.root") {
        if (typeof value !== "string") {
          throw new InputError(`Cannot set benchmark.root to ${JSON.stringify(value)}: it must be a folder`);
        }
        put(key, value, layer.origin, "folder that holds the benchmark's data");
      } else {
        const spec = specOf(key, sections, { method, backbone, benchmark, localizer: localizerChoice.name });
        put(key, checkValue(key, value, spec), layer.origin, spec.doc);
      }
    }
  }

  const valuesOf = (section: string) =>
    Object.fromEntries(
      Object.keys(sections[section]!).map((
        name,
      ) => [name, settings.get(section === "method" ? name : `${section}.${name}`)!.value]),
    );
  for (const [name, value] of Object.entries(methodCode.backboneOptions?.(valuesOf("method"), backbone.name) ?? {})) {
    const key = `backbone.${name}`;
    if (layers.some((layer) => layer.values.has(key))) continue;
    const spec = sections.backbone![name];
    if (spec === undefined) {
      throw new InputError(
        `Cannot use these settings of method "${method.name}" with backbone "${backbone.name}": it has no option ${key}`,
      );
    }
    put(key, checkValue(key, value, spec), `method "${method.name}"`, spec.doc);
  }
  const root = settings.get("benchmark.root")?.value;
  return {
    method,
    // What a part was trained on counts for the whole.
    backbone: {
      ...backbone,
      trainedOn: [...new Set([backbone, ...parts.map((p) => p.card)].flatMap((c) => c.trainedOn))],
    },
    parts,
    benchmark,
    localizer: localizerChoice.name,
    protocols: names(settings.get("protocol")!.value, "protocol"),
    ops: settings.get("ops")!.value as string,
    options: {
      method: valuesOf("method"),
      backbone: valuesOf("backbone"),
      benchmark: valuesOf("benchmark"),
      localizer: valuesOf("localizer"),
      run: valuesOf("run"),
      ops: valuesOf("ops"),
    },
    ...(typeof root === "string" ? { root } : {}),
    settings: [...settings.values()],
  };
}

/** The parts a backbone asks for under the settings of `layers`. */
function partsOf(plugin: BackbonePlugin, layers: readonly Layer[]): readonly BackbonePart[] {
  if (plugin.parts === undefined) return [];
  const own: Record<string, OptionValue> = defaultsOf(plugin.defaults);
  for (const { values } of layers) {
    for (const [option, spec] of Object.entries(plugin.defaults)) {
      const value = values.get(`backbone.${option}`);
      if (value !== undefined) own[option] = checkValue(`backbone.${option}`, value, spec);
    }
  }
  return plugin.parts(own);
}

function findPart(registry: Registry, whole: string, label: string, name: string): Card {
  try {
    return registry.find("backbone", name);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message}; it is part "${label}" of backbone ${whole}, backbone.parts=[${label}=NAME] puts another there`,
    );
  }
}

/** Cards of parts, and their options as `<label>.<option>`. */
async function loadParts(
  registry: Registry,
  whole: string,
  chosen: readonly BackbonePart[],
): Promise<{ parts: PartCard[]; specs: Record<string, OptionSpec> }> {
  const parts: PartCard[] = [];
  const specs: Record<string, OptionSpec> = {};
  for (const { label, backbone } of chosen) {
    const card = findPart(registry, whole, label, backbone);
    const plugin = await registry.load({ ...card, kind: "backbone" });
    if (plugin.parts !== undefined) {
      throw new InputError(`Cannot make ${whole} of ${backbone}: it is made of others itself; name those as parts`);
    }
    parts.push({ label, card });
    for (const [option, spec] of Object.entries(plugin.defaults)) specs[`${label}.${option}`] = spec;
  }
  return { parts, specs };
}

function originOf(layers: readonly Layer[], key: string): string {
  return layers.findLast((layer) => layer.values.has(key))?.origin ?? "core default";
}

function specOf(
  key: string,
  sections: Record<string, OptionSpecs>,
  plugins: { method: Card; backbone: Card; benchmark: Card; localizer: string },
): OptionSpec {
  const dot = key.indexOf(".");
  const section = dot < 0 ? "method" : key.slice(0, dot);
  const isReserved = section !== "method" && section in sections;
  const [specs, name, owner] = isReserved
    ? [
      sections[section]!,
      key.slice(dot + 1),
      section === "run" || section === "ops" ? `"${section}"` : `${section} "${nameOf(section, plugins)}"`,
    ]
    : [sections.method!, key, `method "${plugins.method.name}"`];
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec !== undefined) return spec;
  // A slip in a section's name looks like a method's key; offer the whole vocabulary then.
  const all = Object.entries(sections).flatMap(([s, own]) =>
    Object.keys(own).map((n) => s === "method" ? n : `${s}.${n}`)
  );
  const candidates = isReserved
    ? Object.keys(specs).map((n) => `${section}.${n}`)
    : [...all, ...SELECTORS, "ops", "benchmark.root"];
  const guess = suggest(key, candidates);
  const hint = guess.startsWith(", did") || isReserved ? guess : "; --explain lists every key";
  throw new InputError(`Cannot set "${key}": ${owner} has no such option${hint}`);
}

function nameOf(
  section: string,
  plugins: { method: Card; backbone: Card; benchmark: Card; localizer: string },
): string {
  const plugin = plugins[section as keyof typeof plugins];
  return typeof plugin === "string" ? plugin : plugin.name;
}
