import { deflateSync } from "node:zlib";

/** A matrix for {@linkcode writeMat}: rows of equal length. */
export type Rows = readonly (readonly number[])[];

/**
 * A level 5 .mat file of double matrices, for the fixtures of tests. Written from the format's description: header,
 * then one miMATRIX element (flags, sizes, name, numbers) per variable.
 */
export function writeMat(
  variables: { readonly [name: string]: Rows },
  { bigEndian = false, compress = false } = {},
): Uint8Array {
  const little = !bigEndian;
  const header = new Uint8Array(128).fill(32);
  header.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, Platform: TEST"));
  const view = new DataView(header.buffer);
  view.setUint16(124, 0x0100, little);
  view.setUint16(126, 0x4d49, little);
  const parts = Object.entries(variables).map(([name, rows]) => {
    const matrix = element(14, matrixParts(name, rows, little), little);
    return compress ? tagged(15, deflateSync(matrix), little, false) : matrix;
  });
  return concat([header, ...parts]);
}

/** One data element: tag, bytes, and padding to a multiple of eight. */
export function element(type: number, bytes: Uint8Array, little = true): Uint8Array {
  return tagged(type, bytes, little, true);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function matrixParts(name: string, rows: Rows, little: boolean): Uint8Array {
  const cols = rows[0]?.length ?? 0;
  const columnMajor = Array.from({ length: cols }, (_, c) => rows.map((row) => row[c]!)).flat();
  return concat([
    element(6, words([6, 0], little), little),
    element(5, words([rows.length, cols], little), little),
    element(1, new TextEncoder().encode(name), little),
    element(9, doubles(columnMajor, little), little),
  ]);
}

function tagged(type: number, bytes: Uint8Array, little: boolean, padded: boolean): Uint8Array {
  const padding = padded ? (8 - bytes.length % 8) % 8 : 0;
  return concat([words([type, bytes.length], little), bytes, new Uint8Array(padding)]);
}

function words(values: readonly number[], little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => view.setUint32(4 * i, value, little));
  return new Uint8Array(view.buffer);
}

function doubles(values: readonly number[], little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => view.setFloat64(8 * i, value, little));
  return new Uint8Array(view.buffer);
}
