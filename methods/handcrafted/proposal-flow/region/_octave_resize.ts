/** A walk over samples of three interleaved channels: along the axis that is resized, and from line to line. */
interface Walk {
  readonly line: number;
  readonly sample: number;
}

/**
 * Octave's `imresize` (image package 2.14) of an 8-bit picture by a triangle. Where it shrinks, it widens the kernel but
 * leaves the weights as they fall, so that they do not sum to one. The recorded descriptors were computed through it.
 *
 * Columns first, then rows, single precision all along, the border mirrored, rounded to bytes once at the end.
 *
 * @param data [rows][cols][3], 0..255
 * @returns [side][side][3], whole numbers 0..255
 */
export function octaveResize(data: Float32Array, rows: number, cols: number, side: number): Float32Array {
  const wide = pass(data, cols, side, rows, { line: cols * 3, sample: 3 }, { line: side * 3, sample: 3 });
  const out = pass(wide, rows, side, side, { line: 3, sample: side * 3 }, { line: 3, sample: side * 3 });
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(Math.floor(out[i]! + 0.5), 0), 255);
  return out;
}

function pass(data: Float32Array, from: number, to: number, lines: number, source: Walk, target: Walk): Float32Array {
  if (from === to) return data.slice();
  const f = Math.fround;
  const scale = to / from;
  const narrow = f(Math.min(scale, 1));
  const reach = Math.ceil(1 / Math.min(scale, 1));
  const out = new Float32Array(lines * to * 3);
  const index = new Int32Array(2 * reach);
  const weight = new Float32Array(2 * reach);
  for (let i = 0; i < to; i++) {
    // One-based, as there: single precision makes the origin matter.
    const position = f(0.5 + 1 / scale / 2 + i / scale);
    const base = Math.floor(position);
    const rest = f(position - base);
    for (let k = 0; k < 2 * reach; k++) {
      const shift = k + 1 - reach;
      const distance = Math.abs(f(narrow * f(shift - rest)));
      const triangle = distance <= 1 ? f(1 - distance) : 0;
      weight[k] = f(narrow * triangle);
      index[k] = mirror(base + shift - 1, from) * source.sample;
    }
    for (let line = 0; line < lines; line++) {
      for (let c = 0; c < 3; c++) {
        const start = line * source.line + c;
        let sum = 0;
        for (let k = 0; k < 2 * reach; k++) sum = f(sum + f(data[start + index[k]!]! * weight[k]!));
        out[line * target.line + i * target.sample + c] = sum;
      }
    }
  }
  return out;
}

// ... 1 0 | 0 1 ... n-1 | n-1 n-2 ...
function mirror(i: number, n: number): number {
  const period = 2 * n;
  const k = ((i % period) + period) % period;
  return k < n ? k : period - 1 - k;
}
