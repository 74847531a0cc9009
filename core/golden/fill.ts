/**
 * The rule that fills parameters and inputs of recorded vectors: exact in any language, so they need not be stored.
 *
 * @module
 */

/** How a filled tensor's uniform numbers become values. */
export type FillRule = "uniform" | "fan_in" | "near_one" | "small" | "positive" | "zeros";

let table: Uint32Array | undefined;

/** CRC-32 (IEEE 802.3, reflected), as zip and PNG use it. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  let crc = 0xFFFFFFFF;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xFFFFFFFF) >>> 0;
}

/**
 * Values of the tensor `name` of a case with `seed`, row-major, computed in float64 and rounded once to float32.
 *
 * @example
 * ```ts
 * fill(0, "w", [2, 3], "fan_in")[0]; // 0.5514649
 * ```
 */
export function fill(seed: number, name: string, shape: readonly number[], rule: FillRule, a = 1): Float32Array {
  const count = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(count);
  if (rule === "zeros") return values;
  const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
  const bound = Math.sqrt(3 / fanIn);
  const h = crc32(new TextEncoder().encode(`${seed}:${name}`));
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 2654435761) + h) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85EBCA6B) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 0xC2B2AE35) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    const u = x / 4294967296;
    switch (rule) {
      case "uniform":
        values[i] = (2 * u - 1) * a;
        break;
      case "fan_in":
        values[i] = (2 * u - 1) * bound;
        break;
      case "near_one":
        values[i] = 1 + 0.1 * (2 * u - 1);
        break;
      case "small":
        values[i] = 0.1 * (2 * u - 1);
        break;
      case "positive":
        values[i] = 0.5 + u;
        break;
      default:
        throw new TypeError(`Cannot fill "${name}": no rule is called "${rule}"`);
    }
  }
  return values;
}
