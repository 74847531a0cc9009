/**
 * What a MATLAB level 5 file can hold, after reading.
 *
 * @module
 */

/** The numeric classes of MATLAB. */
export type MatNumericClass =
  | "double"
  | "single"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64";

/** A real numeric or logical array (the imaginary part of a complex one is kept apart). */
export interface MatNumeric {
  readonly kind: "numeric";
  readonly class: MatNumericClass | "logical";
  /** Sizes, rows first; at least two. */
  readonly dims: readonly number[];
  /** COLUMN-major as MATLAB has it: element (r, c) of a matrix is `data[c * rows + r]`. 64-bit integers are rounded. */
  readonly data: Float64Array;
  readonly imaginary?: Float64Array;
}

/** A character array. */
export interface MatChar {
  readonly kind: "char";
  readonly dims: readonly number[];
  /** One string per row; one empty list for an empty array. */
  readonly rows: readonly string[];
}

/** A cell array, column-major. */
export interface MatCell {
  readonly kind: "cell";
  readonly dims: readonly number[];
  readonly items: readonly MatValue[];
}

/** A struct array, column-major; `items[0]` is the whole of a plain struct. */
export interface MatStruct {
  readonly kind: "struct";
  readonly dims: readonly number[];
  readonly items: readonly ReadonlyMap<string, MatValue>[];
}

/** A sparse matrix, object, function handle or opaque value: named, not read. */
export interface MatUnsupported {
  readonly kind: "unsupported";
  readonly class: string;
  readonly dims: readonly number[];
}

/** Any value. */
export type MatValue = MatNumeric | MatChar | MatCell | MatStruct | MatUnsupported;
