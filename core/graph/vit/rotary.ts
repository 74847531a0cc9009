/**
 * Angles of DINOv3's axial rotary positions.
 *
 * Patch centres lie at ((i + 0.5) / n) * 2 - 1 per axis; the angles are 2 pi * coordinate / base^(4k / d) for
 * k = 0 .. d/4 - 1, rows first, then columns, and this half is repeated to fill the d channels of a head.
 *
 * @param d channels per head, a multiple of 4
 * @returns cos and sin, each [rows * cols][d]
 */
export function rotaryTables(
  rows: number,
  cols: number,
  d: number,
  base: number,
): { cos: Float32Array; sin: Float32Array } {
  if (d % 4 !== 0) throw new RangeError(`Cannot rotate heads of ${d} channels: a multiple of 4 is needed`);
  const quarter = d / 4;
  const frequency = Float64Array.from({ length: quarter }, (_, k) => 1 / base ** (4 * k / d));
  const cos = new Float32Array(rows * cols * d);
  const sin = new Float32Array(rows * cols * d);
  for (let row = 0, at = 0; row < rows; row++) {
    const y = 2 * Math.PI * ((row + 0.5) / rows * 2 - 1);
    for (let col = 0; col < cols; col++, at += d) {
      const x = 2 * Math.PI * ((col + 0.5) / cols * 2 - 1);
      for (let k = 0; k < quarter; k++) {
        for (const [offset, angle] of [[0, y * frequency[k]!], [quarter, x * frequency[k]!]] as const) {
          for (const i of [at + offset + k, at + offset + k + 2 * quarter]) {
            cos[i] = Math.cos(angle);
            sin[i] = Math.sin(angle);
          }
        }
      }
    }
  }
  return { cos, sin };
}
