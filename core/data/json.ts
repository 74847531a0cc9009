import { InputError, messageOf } from "../errors.ts";
import type { Box, Points } from "../types.ts";
import { readText } from "./csv.ts";

/** A JSON file whose top level is an object; fields are read with errors that name file and field. */
export function readJson(path: string): Fields {
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read "${path}": it is no valid JSON (${messageOf(error)})`, { cause: error });
  }
  return Fields.of(path, "", value);
}

/** The fields of a JSON object. Every reader throws an InputError naming the file and the field. */
export class Fields {
  private constructor(
    readonly path: string,
    private readonly prefix: string,
    readonly value: Readonly<Record<string, unknown>>,
  ) {}

  static of(path: string, name: string, value: unknown): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return new Fields(path, name === "" ? "" : `${name}.`, value as Record<string, unknown>);
    }
    throw new InputError(`${path}: ${name === "" ? "the top level" : `"${name}"`} is ${kind(value)}, not an object`);
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.value[name] !== undefined && this.value[name] !== null;
  }

  string(name: string): string {
    const value = this.value[name];
    return typeof value === "string" ? value : this.fail(name, "a string");
  }

  number(name: string): number {
    const value = this.value[name];
    return typeof value === "number" && Number.isFinite(value) ? value : this.fail(name, "a finite number");
  }

  integer(name: string): number {
    const value = this.value[name];
    return Number.isSafeInteger(value) ? value as number : this.fail(name, "an integer");
  }

  list(name: string): readonly unknown[] {
    const value = this.value[name];
    return Array.isArray(value) ? value : this.fail(name, "a list");
  }

  /** A list of finite numbers, of this length where one is given. */
  numbers(name: string, length?: number): readonly number[] {
    const list = this.list(name);
    if (list.every((v) => typeof v === "number" && Number.isFinite(v)) && (length ?? list.length) === list.length) {
      return list as number[];
    }
    return this.fail(name, length === undefined ? "a list of finite numbers" : `${length} finite numbers`);
  }

  object(name: string): Fields {
    return Fields.of(this.path, `${this.prefix}${name}`, this.value[name]);
  }

  objects(name: string): Fields[] {
    return this.list(name).map((value, i) => Fields.of(this.path, `${this.prefix}${name}[${i}]`, value));
  }

  /** `[[x, y], ...]`. */
  points(name: string): Points {
    const list = this.list(name);
    const xy = new Float64Array(list.length * 2);
    for (let i = 0; i < list.length; i++) {
      const point = list[i];
      const [x, y] = Array.isArray(point) && point.length === 2 ? point : [NaN, NaN];
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        return this.fail(`${name}[${i}]`, "a point of two finite numbers");
      }
      xy[2 * i] = x;
      xy[2 * i + 1] = y;
    }
    return { n: list.length, xy };
  }

  /** `[x1, y1, x2, y2]`. */
  box(name: string): Box {
    const [x1, y1, x2, y2] = this.numbers(name, 4);
    return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
  }

  /** Throws the error of a field that is not what is needed. */
  fail(name: string, needed: string): never {
    const value = this.value[name];
    const is = name in this.value ? `is ${kind(value)}, ${needed} is needed` : `is not ${needed}`;
    throw new InputError(
      `${this.path}: "${this.prefix}${name}" ${value === undefined && !name.includes("[") ? "is missing" : is}`,
    );
  }
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
