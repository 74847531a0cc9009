import { InputError } from "../errors.ts";
import type { WeightTensor } from "./tensor.ts";

/** How many names an error lists before it counts the rest. */
const LISTED = 6;

/**
 * The tensors of a checkpoint, matched exactly against what a network asks for.
 *
 * A network takes every tensor it knows by name and shape, then calls `finish`: what was asked for and is not there,
 * what is there and was not asked for, and what has another shape, are listed together in one error.
 */
export class WeightSet {
  readonly #taken = new Set<string>();
  readonly #missing: string[] = [];
  readonly #misshapen: string[] = [];

  /** @param origin where the tensors come from, for messages. */
  constructor(readonly origin: string, readonly tensors: ReadonlyMap<string, WeightTensor>) {}

  /** Whether the checkpoint has a tensor of this name; for networks whose parts are optional. */
  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** A tensor by name. Where it is missing or has another shape, `finish` will throw, and reading it throws too. */
  take(name: string, shape: readonly number[]): WeightTensor {
    this.#taken.add(name);
    const tensor = this.tensors.get(name);
    if (tensor === undefined) this.#missing.push(name);
    else if (tensor.shape.length === shape.length && tensor.shape.every((side, i) => side === shape[i])) return tensor;
    else this.#misshapen.push(`${name} is [${tensor.shape}], not [${shape}]`);
    const read = (): never => {
      throw new InputError(`Cannot read "${name}" of ${this.origin}: it is missing or has another shape`);
    };
    return { name, shape, dtype: "float32", read };
  }

  /**
   * Checks that every tensor was asked for and every one asked for was there.
   *
   * @param network who asked, for the message.
   * @param ignore names that may be there without being asked for; `*` stands for any letters.
   * @throws InputError listing missing, unexpected and misshapen tensors.
   */
  finish(network: string, ignore: readonly string[] = []): void {
    const ignored = ignore.map(pattern);
    const unexpected = [...this.tensors.keys()].filter((name) =>
      !this.#taken.has(name) && !ignored.some((rule) => rule.test(name))
    );
    const faults = [
      list("missing", this.#missing),
      list("unexpected", unexpected),
      list("of another shape", this.#misshapen),
    ].filter((text) => text !== "");
    if (faults.length === 0) return;
    throw new InputError(`Cannot use "${this.origin}" as ${network}: ${faults.join("; ")}`);
  }
}

function list(kind: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return `${names.length} ${kind} (${names.slice(0, LISTED).join(", ")}${rest})`;
}

function pattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`);
}

/**
 * The same tensors under other names; `rename` answers undefined for tensors to leave out.
 *
 * @example
 * ```ts
 * renamed(tensors, (name) => name.startsWith("backbone.") ? name.slice("backbone.".length) : undefined);
 * ```
 */
export function renamed(
  tensors: ReadonlyMap<string, WeightTensor>,
  rename: (name: string) => string | undefined,
): Map<string, WeightTensor> {
  const out = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const other = rename(name);
    if (other === undefined) continue;
    if (out.has(other)) {
      throw new InputError(`Cannot rename weights: "${other}" would name two tensors, one of them "${name}"`);
    }
    out.set(other, tensor);
  }
  return out;
}
