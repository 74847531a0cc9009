import { InputError, suggest } from "../errors.ts";

/** A parsed YAML map. */
export type Raw = { readonly [key: string]: unknown };

/** Reads one field of a parsed YAML map and says what is wrong with it in the words of the file. */
export class Reader {
  constructor(readonly raw: Raw, readonly where: string) {}

  fail(key: string, why: string): never {
    throw new InputError(`${this.where}: "${key}" ${why}`);
  }
  known(keys: readonly string[]): this {
    for (const key of Object.keys(this.raw)) {
      if (!keys.includes(key)) throw new InputError(`${this.where}: unknown key "${key}"${suggest(key, keys)}`);
    }
    return this;
  }
  has(key: string): boolean {
    return this.raw[key] !== undefined && this.raw[key] !== null;
  }
  text(key: string): string {
    const value = this.raw[key];
    if (typeof value !== "string" || value.trim() === "") this.fail(key, "must be a text");
    return value.trim();
  }
  one<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.raw[key];
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.fail(key, `is ${JSON.stringify(value)}${suggest(String(value), choices)}`);
    return found;
  }
  number(key: string, min = -Infinity): number {
    const value = this.raw[key];
    if (typeof value !== "number" || !Number.isFinite(value) || value < min) {
      this.fail(key, min > -Infinity ? `must be a number of at least ${min}` : "must be a number");
    }
    return value;
  }
  flag(key: string, fallback: boolean): boolean {
    const value = this.raw[key] ?? fallback;
    if (typeof value !== "boolean") this.fail(key, "must be true or false");
    return value;
  }
  list(key: string): readonly unknown[] {
    const value = this.raw[key] ?? [];
    if (!Array.isArray(value)) this.fail(key, "must be a list");
    return value;
  }
  texts(key: string): string[] {
    return this.list(key).map((v) => typeof v === "string" ? v : this.fail(key, "must be a list of texts"));
  }
  alphas(): readonly number[] {
    const alphas = this.list("alphas").map((alpha) => {
      if (typeof alpha !== "number" || !(alpha > 0)) this.fail("alphas", "must be a list of positive numbers");
      return alpha;
    });
    if (alphas.length === 0) this.fail("alphas", "must hold at least one number");
    return alphas;
  }
  map(key: string): Reader {
    const value = this.raw[key];
    if (!isMap(value)) this.fail(key, "must be a map");
    return new Reader(value, `${this.where}: ${key}`);
  }
}

/** Whether a parsed value is a map of keys. */
export function isMap(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
