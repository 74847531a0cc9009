/**
 * Dense SIFT of any size and direction at any pixel.
 *
 * @module
 */
import { orientationPlanes } from "./_dsift_gradient.ts";
import { flatWeights, triangleFilter } from "./_dsift_window.ts";
import { type Plane, replicatePad } from "./plane.ts";

/** How the 4x4 bins lie around the centre of a descriptor. */
interface Layout {
  /** [16]: offset of each bin's centre in the filtered plane, in whole pixels. */
  readonly dx: Int32Array;
  readonly dy: Int32Array;
  /** [8]: stored orientation that orientation k is read from, and the share of the one after it. */
  readonly from: Int32Array;
  readonly share: number;
}

/** One size of bins: how it is turned. */
interface Form {
  readonly bin: number;
  readonly pad: number;
  readonly weights: Float32Array;
  readonly layouts: readonly Layout[];
}

/** The picture's orientation planes under the triangle of a size of bins. */
interface Band {
  readonly size: number;
  readonly data: Float32Array;
  readonly width: number;
}

const CLAMP = 0.2;
/** Standard deviation of the window in bins. */
const WINDOW = 2;

/**
 * Descriptors of a picture under scalings and rotations, as `dsift` gives them for the flat window: 128 values
 * [y bin][x bin][orientation], 512 times the unit vector with entries above 0.2 cut, at most 255.
 *
 * The picture is filtered for one size of bins at a time, so descriptors of one size are best taken together: each size in
 * memory takes eight times the picture. A turned descriptor reads its 16 bins at turned positions (nearest
 * pixels, borders repeated) and its orientations between the two nearest; only the triangle of each bin stays upright.
 * Unturned descriptors of even bins equal those of `dsift` up to rounding.
 */
export class SteeredSift {
  readonly #image: Plane;
  readonly #forms: readonly Form[];
  readonly #raw = new Float64Array(128);
  #last: Band | undefined;

  /**
   * @param image values 0..255
   * @param bins sides of a spatial bin in pixels, whole numbers
   * @param rotations in degrees, from +x towards +y
   */
  constructor(image: Plane, bins: readonly number[], rotations: readonly number[]) {
    this.#image = image;
    this.#forms = bins.map((bin) => ({
      bin,
      // Central differences at the last pixels that matter; further out nothing changes any more.
      pad: Math.ceil(1.5 * bin * Math.SQRT2) + bin + 1,
      weights: flatWeights(bin, WINDOW),
      layouts: rotations.map((r) => layout(bin, r)),
    }));
  }

  /**
   * Writes the descriptor at pixel (x, y) to `out`, from `to` on.
   *
   * @param size index of the bin size @param turn index of the rotation @param x, y whole numbers inside the picture
   */
  write(size: number, turn: number, x: number, y: number, out: Float32Array, to: number): void {
    const { pad, weights, layouts } = this.#forms[size]!, { data, width } = this.#band(size);
    const { dx, dy, from, share } = layouts[turn]!;
    const raw = this.#raw, rest = 1 - share;
    const centre = ((y + pad) * width + x + pad) * 8;
    let sum = 0;
    for (let v = 0; v < 16; v++) {
      const at = centre + (dy[v]! * width + dx[v]!) * 8, w = weights[v]!;
      for (let k = 0, o = v * 8; k < 8; k++, o++) {
        const near = from[k]!;
        const value = w * (rest * data[at + near]! + share * data[at + ((near + 7) & 7)]!);
        raw[o] = value;
        sum += value * value;
      }
    }
    // As the released code: the smallest single is added to the length, so that nothing is divided by zero.
    let inverse = 1 / (Math.sqrt(sum) + 2 ** -23);
    sum = 0;
    for (let i = 0; i < 128; i++) {
      const value = Math.min(raw[i]! * inverse, CLAMP);
      raw[i] = value;
      sum += value * value;
    }
    inverse = 512 / (Math.sqrt(sum) + 2 ** -23);
    for (let i = 0; i < 128; i++) out[to + i] = Math.min(raw[i]! * inverse, 255);
  }

  #band(size: number): Band {
    if (this.#last?.size === size) return this.#last;
    const { bin, pad } = this.#forms[size]!;
    const plane = replicatePad(this.#image, { left: pad, top: pad, right: pad, bottom: pad });
    const { width, height } = plane;
    return this.#last = { size, data: triangleFilter(orientationPlanes(plane), width, height, bin), width };
  }
}

function layout(bin: number, degrees: number): Layout {
  const angle = degrees * Math.PI / 180, cos = Math.cos(angle), sin = Math.sin(angle);
  const dx = new Int32Array(16), dy = new Int32Array(16);
  for (let v = 0; v < 16; v++) {
    const x = ((v & 3) - 1.5) * bin, y = ((v >> 2) - 1.5) * bin;
    // The sixth decimal is noise of the sine.
    dx[v] = Math.floor(x * cos - y * sin + 0.5 + 1e-6);
    dy[v] = Math.floor(x * sin + y * cos + 0.5 + 1e-6);
  }
  // The planes count angles from +y towards +x: orientation k (from +x) lies at 2 - k, the turn takes it further down.
  const steps = degrees / 45, whole = Math.floor(steps);
  return {
    dx,
    dy,
    from: Int32Array.from({ length: 8 }, (_, k) => (((2 - k - whole) % 8) + 8) % 8),
    share: steps - whole,
  };
}
