/** Keys' cubic (a = -0.5) stretched to twice its width at the input samples 2 i - 3 .. 2 i + 4, times 256. */
const CUBIC = [-3, -9, 29, 111, 111, 29, -9, -3];
const SIGMA = 0.67;

/**
 * Half of a map of bytes as MATLAB's `imfilter` and `imresize` make it: Gaussian 5x5 with borders repeated, then
 * antialiased bicubic reduction along rows, then columns, mirrored at the borders; halves round up, bytes after each.
 *
 * @param data [rows][cols][channels] @param out [ceil(rows / 2)][ceil(cols / 2)][channels]
 */
export function halveBytes(data: Uint8Array, rows: number, cols: number, channels: number, out: Uint8Array): void {
  const smooth = gaussian(data, rows, cols, channels);
  const halfRows = Math.ceil(rows / 2), halfCols = Math.ceil(cols / 2);
  const low = new Uint8Array(halfRows * cols * channels);
  for (let y = 0; y < halfRows; y++) {
    for (let i = 0; i < cols * channels; i++) {
      let sum = 0;
      CUBIC.forEach((w, k) => sum += w * smooth[mirror(2 * y - 3 + k, rows) * cols * channels + i]!);
      low[y * cols * channels + i] = byteOf(sum);
    }
  }
  for (let y = 0; y < halfRows; y++) {
    for (let x = 0; x < halfCols; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        CUBIC.forEach((w, k) => sum += w * low[(y * cols + mirror(2 * x - 3 + k, cols)) * channels + c]!);
        out[(y * halfCols + x) * channels + c] = byteOf(sum);
      }
    }
  }
}

function byteOf(sum: number): number {
  return Math.min(Math.max(Math.floor(sum / 256 + 0.5), 0), 255);
}

/** ... 1 0 | 0 1 ... n-1 | n-1 n-2 ... */
function mirror(i: number, n: number): number {
  const k = ((i % (2 * n)) + 2 * n) % (2 * n);
  return k < n ? k : 2 * n - 1 - k;
}

function gaussian(data: Uint8Array, rows: number, cols: number, channels: number): Uint8Array {
  const raw = [-2, -1, 0, 1, 2].map((d) => Math.exp(-d * d / (2 * SIGMA * SIGMA)));
  const sum = raw.reduce((a, b) => a + b, 0);
  const [far, near, mid] = [raw[0]! / sum, raw[1]! / sum, raw[2]! / sum];
  const row = (y: number) => Math.min(Math.max(y, 0), rows - 1) * cols;
  const col = (x: number) => Math.min(Math.max(x, 0), cols - 1);
  const out = new Uint8Array(data.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      for (let c = 0; c < channels; c++) {
        const across = (dx: number) => {
          const at = (dy: number) => data[(row(y + dy) + col(x + dx)) * channels + c]!;
          return far * (at(-2) + at(2)) + near * (at(-1) + at(1)) + mid * at(0);
        };
        const value = far * (across(-2) + across(2)) + near * (across(-1) + across(1)) + mid * across(0);
        out[(y * cols + x) * channels + c] = Math.floor(value + 0.5);
      }
    }
  }
  return out;
}
