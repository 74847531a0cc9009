/**
 * Cases of the standard form: `<case>.json` says what was computed, `<case>.safetensors` holds what the official code
 * gave, parameters and inputs follow the fill rule.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { fill, type FillRule } from "./fill.ts";
import { readSafetensors, type StoredTensor } from "./safetensors.ts";
import type { GoldenCheck, GoldenRunner } from "./types.ts";

/** A tensor filled by the rule. */
export interface FilledTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

interface FillEntry {
  name: string;
  shape: number[];
  rule: FillRule;
  a?: number;
}

interface Tolerance {
  abs: number;
  rel?: number;
}

/** The JSON of one case. */
export interface CaseJson {
  readonly case: string;
  readonly what: string;
  readonly seed: number;
  // deno-lint-ignore no-explicit-any -- each method's recording has its own settings
  readonly config: Record<string, any>;
  readonly params: FillEntry[];
  readonly inputs: FillEntry[];
  readonly outputs: { name: string; shape: number[]; dtype: string }[];
  readonly tolerance: { default: Tolerance; per_output?: Record<string, Tolerance> };
}

/** One recorded case with its inputs and parameters at hand. */
export class GoldenCase {
  readonly #recorded: Map<string, StoredTensor>;

  constructor(readonly json: CaseJson, recorded: Map<string, StoredTensor>, readonly dir: string) {
    this.#recorded = recorded;
  }

  /** Settings of the recording, as its JSON gives them. */
  get config(): CaseJson["config"] {
    return this.json.config;
  }

  /** An input, filled by the rule. Throws InputError where the case has none of that name. */
  input(name: string): FilledTensor {
    return this.#filled(this.json.inputs, name, "input");
  }

  /** A parameter, filled by the rule. Throws InputError where the case has none of that name. */
  param(name: string): FilledTensor {
    return this.#filled(this.json.params, name, "parameter");
  }

  /** Every parameter, in the order of the recording. */
  params(): Map<string, FilledTensor> {
    return new Map(this.json.params.map((entry) => [entry.name, this.param(entry.name)]));
  }

  /** What the official code gave; for computing on from a recorded intermediate, never for answering with it. */
  recorded(name: string): StoredTensor {
    const tensor = this.#recorded.get(name);
    if (tensor === undefined) throw new InputError(`Cannot find output "${name}" of case "${this.json.case}"`);
    return tensor;
  }

  #filled(entries: FillEntry[], name: string, kind: string): FilledTensor {
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new InputError(`Cannot find ${kind} "${name}" of case "${this.json.case}"`);
    return { shape: entry.shape, data: fill(this.json.seed, name, entry.shape, entry.rule, entry.a) };
  }
}

/** What a compute function may say about outputs it treats specially. */
export interface VectorsOptions {
  /** Outputs that need another comparison (index ties, sign-free values): returns the largest error, or a note. */
  readonly compare?: Record<string, (got: ArrayLike<number>, want: ArrayLike<number>, c: GoldenCase) => number>;
  /** Outputs not computed here, with the honest reason; they count as neither passed nor failed. */
  readonly skip?: Record<string, string>;
}

/**
 * A runner for a folder of standard cases.
 *
 * @param compute gives every output of a case by its recorded name, row-major. An output it leaves out is a failure.
 */
export function vectors(
  folder: string,
  compute: (c: GoldenCase) => Promise<Record<string, ArrayLike<number>>> | Record<string, ArrayLike<number>>,
  options: VectorsOptions = {},
): GoldenRunner {
  return {
    folder,
    async *run(dir) {
      for (const name of await caseNames(dir)) {
        const c = await readCase(dir, name);
        let got: Record<string, ArrayLike<number>>;
        try {
          got = await compute(c);
        } catch (error) {
          yield failed(name, `threw ${messageOf(error)}`);
          continue;
        }
        for (const output of c.json.outputs) {
          const label = `${name}/${output.name}`;
          const reason = options.skip?.[output.name];
          if (reason !== undefined) {
            yield { name: label, error: 0, tolerance: 0, pass: true, note: `not run: ${reason}` };
          } else yield check(label, output.name, got[output.name], c, options);
        }
      }
    },
  };
}

function failed(name: string, note: string): GoldenCheck {
  return { name, error: Infinity, tolerance: 0, pass: false, note };
}

function check(
  label: string,
  name: string,
  got: ArrayLike<number> | undefined,
  c: GoldenCase,
  options: VectorsOptions,
): GoldenCheck {
  const want = c.recorded(name).data as ArrayLike<number>;
  if (got === undefined) return failed(label, "not computed");
  const own = c.json.tolerance.per_output?.[name];
  const { abs, rel = 0 } = own ?? c.json.tolerance.default;
  const compare = options.compare?.[name];
  if (compare !== undefined) {
    const error = compare(got, want, c);
    return { name: label, error, tolerance: abs, pass: error <= abs };
  }
  if (got.length !== want.length) return failed(label, `${got.length} values for ${want.length}`);
  let worst = { error: 0, tolerance: abs, ratio: -1 };
  for (let i = 0; i < want.length; i++) {
    const a = Number(got[i]);
    const b = Number(want[i]);
    // Equal infinities and equal NaN agree; a NaN against a number is as wrong as can be.
    const error = Object.is(a, b) || a === b ? 0 : Number.isNaN(a - b) ? Infinity : Math.abs(a - b);
    const tolerance = abs + rel * Math.abs(b);
    const ratio = error === 0 ? 0 : error / tolerance;
    if (ratio > worst.ratio) worst = { error, tolerance, ratio };
  }
  return { name: label, error: worst.error, tolerance: worst.tolerance, pass: worst.error <= worst.tolerance };
}

/** Names of the cases of a folder, sorted. */
export async function caseNames(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (entry.isFile && entry.name.endsWith(".json")) names.push(entry.name.slice(0, -".json".length));
  }
  if (names.length === 0) throw new InputError(`Cannot run "${dir}": it holds no <case>.json`);
  return names.sort();
}

/** Reads one case. Throws InputError naming the file that is absent or broken. */
export async function readCase(dir: string, name: string): Promise<GoldenCase> {
  const path = join(dir, `${name}.json`);
  let json: CaseJson;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
  for (const key of ["case", "seed", "config", "inputs", "outputs", "tolerance"] as const) {
    if (json[key] === undefined) throw new InputError(`Cannot use "${path}": it has no "${key}"`);
  }
  return new GoldenCase(json, await readSafetensors(join(dir, `${name}.safetensors`)), dir);
}
