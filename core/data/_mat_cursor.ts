import { inflateSync } from "node:zlib";

/** What is wrong inside a .mat file; the public functions add the file's name. */
export class MatError extends Error {}

const TYPES = [
  "reserved",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "single",
  "reserved",
  "double",
  "reserved",
  "reserved",
  "int64",
  "uint64",
  "matrix",
  "compressed",
  "utf8",
  "utf16",
  "utf32",
] as const;

/** The type of a data element: a storage form, which need not be that of the array it fills. */
export type ElementType = Exclude<typeof TYPES[number], "reserved">;

const WIDTH: { readonly [K in ElementType]: number } = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  single: 4,
  double: 8,
  int64: 8,
  uint64: 8,
  matrix: 1,
  compressed: 1,
  utf8: 1,
  utf16: 2,
  utf32: 4,
};

/** A position in a run of data elements. */
export class MatCursor {
  readonly #view: DataView;
  #at: number;

  constructor(readonly data: Uint8Array, at: number, readonly end = data.length, readonly little = true) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#at = at;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.end - this.#at;
  }

  /** The next element; the cursor moves behind it and its padding. */
  element(): MatElement {
    if (this.left < 8) throw new MatError("it ends inside the tag of a data element: truncated?");
    const first = this.#view.getUint32(this.#at, this.little);
    // A small element keeps its length in the upper half of the first word and its data in the second word.
    const small = first >>> 16;
    const code = small ? first & 0xffff : first;
    const length = small || this.#view.getUint32(this.#at + 4, this.little);
    const start = this.#at + (small ? 4 : 8);
    const type = TYPES[code];
    if (type === undefined || type === "reserved") {
      throw new MatError(`unknown data type ${code} at byte ${this.#at}: damaged?`);
    }
    if (small > 4) throw new MatError(`a small data element claims ${small} bytes, 4 is the most: damaged?`);
    if (length > this.end - start) {
      throw new MatError(
        `a ${type} element at byte ${this.#at} announces ${length} bytes, ${this.end - start} are there: truncated?`,
      );
    }
    // Compressed elements are the only ones that are not padded to eight bytes.
    const padded = small ? 4 : type === "compressed" ? length : Math.ceil(length / 8) * 8;
    this.#at = Math.min(start + padded, this.end);
    return new MatElement(this, type, start, length);
  }

  /** Numbers of a stored type. */
  numbers(type: ElementType, start: number, length: number): Float64Array {
    const width = WIDTH[type];
    if (length % width) {
      throw new MatError(`a ${type} element has ${length} bytes, not a multiple of ${width}: damaged?`);
    }
    const out = new Float64Array(length / width);
    const view = this.#view, little = this.little;
    for (let i = 0, at = start; i < out.length; i++, at += width) out[i] = number(view, type, at, little);
    return out;
  }
}

/** One data element. */
export class MatElement {
  constructor(
    readonly parent: MatCursor,
    readonly type: ElementType,
    readonly start: number,
    readonly length: number,
  ) {}

  bytes(): Uint8Array {
    return this.parent.data.subarray(this.start, this.start + this.length);
  }

  /** The elements inside this one. */
  cursor(): MatCursor {
    return new MatCursor(this.parent.data, this.start, this.start + this.length, this.parent.little);
  }

  numbers(): Float64Array {
    return this.parent.numbers(this.type, this.start, this.length);
  }

  /** The text of a character element. */
  text(): string {
    if (this.type === "utf8") return new TextDecoder().decode(this.bytes());
    const codes = this.parent.numbers(TEXT_UNITS[this.type] ?? this.type, this.start, this.length);
    if (this.type === "utf32") return Array.from(codes, codePoint).join("");
    return Array.from(codes, (unit) => String.fromCharCode(unit)).join("");
  }
}

const TEXT_UNITS: { readonly [K in ElementType]?: ElementType } = { utf16: "uint16", utf32: "uint32" };

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new MatError(`${code} is no character: damaged?`);
  return String.fromCodePoint(code);
}

/** Unpacks a compressed element and takes its size off the budget of the file. */
export function inflate(bytes: Uint8Array, budget: { bytes: number }): Uint8Array {
  let out: Uint8Array;
  try {
    out = inflateSync(bytes, { maxOutputLength: Math.max(1, budget.bytes) });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw new MatError("its compressed data unpacks to more than the limit: refused");
    }
    throw new MatError("a compressed element cannot be unpacked: truncated or damaged?");
  }
  budget.bytes -= out.length;
  return out;
}

function number(view: DataView, type: ElementType, at: number, little: boolean): number {
  switch (type) {
    case "int8":
      return view.getInt8(at);
    case "uint8":
      return view.getUint8(at);
    case "int16":
      return view.getInt16(at, little);
    case "uint16":
      return view.getUint16(at, little);
    case "int32":
      return view.getInt32(at, little);
    case "uint32":
      return view.getUint32(at, little);
    case "single":
      return view.getFloat32(at, little);
    case "double":
      return view.getFloat64(at, little);
    case "int64":
      return Number(view.getBigInt64(at, little));
    case "uint64":
      return Number(view.getBigUint64(at, little));
    default:
      throw new MatError(`numbers are stored as ${type}: damaged?`);
  }
}
