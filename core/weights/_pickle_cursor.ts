import { InputError } from "../errors.ts";

/** Reads the operands of a pickle's instructions. */
export class PickleCursor {
  readonly #bytes: Uint8Array;
  readonly #origin: string;
  readonly view: DataView;
  /** Position of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, origin: string, start: number) {
    this.#bytes = bytes;
    this.#origin = origin;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
  }

  byte(): number {
    return this.#bytes[this.take(1)]!;
  }

  /** Moves on by `n` bytes. @returns the position before. */
  take(n: number): number {
    const at = this.at;
    if (at + n > this.#bytes.length) {
      throw broken(this.#origin, "ends too early; the file is truncated, fetch it again");
    }
    this.at += n;
    return at;
  }

  length(width: 4 | 8): number {
    const at = this.take(width);
    const length = width === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true));
    return length;
  }

  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.slice(length));
  }

  latin1(length: number): string {
    return new TextDecoder("latin1").decode(this.slice(length));
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw broken(this.#origin, "ends too early; the file is truncated, fetch it again");
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  integer(text: string): number | bigint {
    if (!/^[+-]?\d{1,400}$/.test(text)) {
      throw broken(this.#origin, `holds "${text.slice(0, 20)}" where a number must be`);
    }
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }

  /** A little-endian two's complement integer. */
  long(length: number): number | bigint {
    if (length > 1024) throw broken(this.#origin, `holds an integer of ${length} bytes`);
    let value = 0n;
    const bytes = this.slice(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    value = BigInt.asIntN(8 * length, value);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
}

/** The error for a pickle that is no proper pickle. */
export function broken(origin: string, why: string): InputError {
  return new InputError(`Cannot read "${origin}": its pickle ${why}`);
}
