import type { Guide } from "./guide.ts";

/** Connected parts of similar colour and about equal size. */
export interface Superpixels {
  readonly count: number;
  /** [height][width], 0..count-1 in order of first appearance. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Weight of distance against colour: a step of the grid counts as this many grey levels. */
const COMPACTNESS = 30;
const ROUNDS = 10;

/**
 * SLIC (Achanta et al., TPAMI 2012) on RGB: cluster centres on a regular grid, each site joins the centre nearest in
 * colour and position among those within two grid steps, centres move to their means, ten rounds; then connected parts
 * below a quarter of `area` sites join the part before them.
 *
 * @param area sites per superpixel
 */
export function slic(guide: Guide, area: number): Superpixels {
  const { width, height } = guide;
  const step = Math.max(Math.sqrt(area), 1);
  const cols = Math.max(Math.round(width / step), 1), rows = Math.max(Math.round(height / step), 1);
  const labels = assign(guide, cols, rows);
  return connected(labels, width, height, area / 4);
}

function assign({ width, height, rgb }: Guide, cols: number, rows: number): Int32Array {
  const stepX = width / cols, stepY = height / rows;
  const n = cols * rows;
  /** [n][5]: x, y, r, g, b */
  const centres = new Float64Array(n * 5);
  for (let k = 0; k < n; k++) {
    const x = ((k % cols) + 0.5) * stepX - 0.5, y = (Math.floor(k / cols) + 0.5) * stepY - 0.5;
    const p = (Math.round(Math.max(y, 0)) * width + Math.round(Math.max(x, 0))) * 3;
    centres.set([x, y, rgb[p]!, rgb[p + 1]!, rgb[p + 2]!], k * 5);
  }
  const labels = new Int32Array(width * height);
  const distance = new Float64Array(width * height);
  const weight = COMPACTNESS ** 2 / (stepX * stepY);
  const sums = new Float64Array(n * 6);
  for (let round = 0; round < ROUNDS; round++) {
    distance.fill(Infinity);
    for (let k = 0; k < n; k++) {
      const [cx, cy, r, g, b] = centres.subarray(k * 5, k * 5 + 5) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      const right = Math.min(Math.ceil(cx + 2 * stepX), width - 1),
        bottom = Math.min(Math.ceil(cy + 2 * stepY), height - 1);
      for (let y = Math.max(Math.floor(cy - 2 * stepY), 0); y <= bottom; y++) {
        for (let x = Math.max(Math.floor(cx - 2 * stepX), 0); x <= right; x++) {
          const p = y * width + x;
          const d = (rgb[3 * p]! - r) ** 2 + (rgb[3 * p + 1]! - g) ** 2 + (rgb[3 * p + 2]! - b) ** 2 +
            weight * ((x - cx) ** 2 + (y - cy) ** 2);
          if (d < distance[p]!) {
            distance[p] = d;
            labels[p] = k;
          }
        }
      }
    }
    sums.fill(0);
    for (let p = 0; p < labels.length; p++) {
      const at = labels[p]! * 6;
      sums[at]! += p % width;
      sums[at + 1]! += Math.floor(p / width);
      for (let c = 0; c < 3; c++) sums[at + 2 + c]! += rgb[3 * p + c]!;
      sums[at + 5]!++;
    }
    for (let k = 0; k < n; k++) {
      const count = sums[k * 6 + 5]!;
      if (count > 0) { for (let i = 0; i < 5; i++) centres[k * 5 + i] = sums[k * 6 + i]! / count; }
    }
  }
  return labels;
}

/** Connected parts (four neighbours) in order of appearance; small ones take the label of a part that touches them. */
function connected(labels: Int32Array, width: number, height: number, minimum: number): Superpixels {
  const out = new Int32Array(labels.length).fill(-1);
  const queue = new Int32Array(labels.length);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (out[start]! >= 0) continue;
    let before = -1, tail = 0;
    queue[tail++] = start;
    out[start] = count;
    for (let head = 0; head < tail; head++) {
      const p = queue[head]!, x = p % width, y = Math.floor(p / width);
      for (
        const q of [
          x > 0 ? p - 1 : -1,
          x + 1 < width ? p + 1 : -1,
          y > 0 ? p - width : -1,
          y + 1 < height ? p + width : -1,
        ]
      ) {
        if (q < 0) continue;
        if (out[q]! >= 0) {
          if (out[q] !== count) before = out[q]!;
        } else if (labels[q] === labels[start]) {
          out[q] = count;
          queue[tail++] = q;
        }
      }
    }
    if (tail < minimum && before >= 0) { for (let i = 0; i < tail; i++) out[queue[i]!] = before; }
    else count++;
  }
  return { count, labels: out };
}
