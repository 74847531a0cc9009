/**
 * DAISY at every pixel under changes of scale and rotation, compared on the fly: descriptors of 35 changes would not fit
 * into memory, but the smoothed layers they are read from do.
 *
 * @module
 */
import { greyPlane } from "../../../core/descriptor/grey.ts";
import { gaussianSmooth, type Plane } from "../../../core/descriptor/plane.ts";
import type { Image, Size } from "../../../core/types.ts";
import type { Costs } from "./costs.ts";
import { smoothLayers } from "./smooth.ts";

/** The paper's descriptor: 2 rings of 8 histograms of 8 bins around a centre, 136 values. */
const RADIUS = 16, RINGS = 2, HISTOGRAMS = 8, BINS = 8;
const PLACES = 1 + RINGS * HISTOGRAMS;
/** Layers of every 15 degrees: a rotation by one of these steps reads other layers and needs no interpolation. */
export const ROTATION_STEP = 15;
const FINE = 360 / BINS / ROTATION_STEP;
const DIRECTIONS = BINS * FINE;
/** Values of a histogram of length 1 are stored as bytes. */
const UNIT = 255;
/** Smoothing of the picture before its gradient. */
const PRESMOOTH = 1;
/** Sum of the histograms' L1 differences above which costs no longer rise. */
const TRUNCATION = 15;

/** What a picture's descriptors at one scale are read from: the layers for the inner part and for the outer ring. */
interface ScaleLayers {
  readonly inner: Uint8Array;
  readonly outer: Uint8Array;
}

/** The layers of a picture at several scales. */
export interface DaisyLayers extends Size {
  readonly scales: readonly number[];
  /** By scale. Each layer: [height][width][3 steps of 15 degrees][8 directions], histograms of length 1 times 255. */
  readonly layers: readonly ScaleLayers[];
}

/**
 * Layers of all scales. Ring i of Q has radius s R i / Q and smoothing s R i / (2 Q); the centre takes the first ring's
 * smoothing. Histograms have length 1 each ("partial" normalisation), those without any gradient are 0.
 */
export function daisyLayers(image: Image, scales: readonly number[]): DaisyLayers {
  const { width, height } = image;
  const sigmas = [...new Set(scales.flatMap((s) => [s * RADIUS / (2 * RINGS), s * RADIUS / 2]))].sort((a, b) => a - b);
  const grey = greyPlane(image);
  const gradient = gradients(gaussianSmooth({ ...grey, data: grey.data.map((value) => value / 255) }, PRESMOOTH));
  let smooth: Float32Array = new Float32Array(width * height * DIRECTIONS);
  for (let k = 0; k < DIRECTIONS; k++) {
    const angle = k * ROTATION_STEP * Math.PI / 180;
    const cos = Math.cos(angle), sin = Math.sin(angle);
    const slot = (k % FINE) * BINS + Math.floor(k / FINE);
    for (let p = 0; p < width * height; p++) {
      smooth[p * DIRECTIONS + slot] = Math.max(gradient.x[p]! * cos + gradient.y[p]! * sin, 0);
    }
  }
  const bytes = new Map<number, Uint8Array>();
  let reached = 0;
  for (const sigma of sigmas) {
    // Smoothing adds up by squares, so each level starts from the one before.
    smooth = smoothLayers(smooth, { width, height }, DIRECTIONS, Math.sqrt(sigma ** 2 - reached ** 2));
    reached = sigma;
    bytes.set(sigma, unitHistograms(smooth));
  }
  const layers = scales.map((s) => ({
    inner: bytes.get(s * RADIUS / (2 * RINGS))!,
    outer: bytes.get(s * RADIUS / 2)!,
  }));
  return { width, height, scales, layers };
}

/** Central differences, one-sided at the border. */
function gradients({ width, height, data }: Plane) {
  const x = new Float32Array(data.length), y = new Float32Array(data.length);
  for (let row = 0, p = 0; row < height; row++) {
    const up = row > 0 ? -width : 0, down = row + 1 < height ? width : 0;
    for (let col = 0; col < width; col++, p++) {
      x[p] = (data[p + (col + 1 < width ? 1 : 0)]! - data[p - (col > 0 ? 1 : 0)]!) / 2;
      y[p] = (data[p + down]! - data[p + up]!) / 2;
    }
  }
  return { x, y };
}

function unitHistograms(raw: Float32Array): Uint8Array {
  const out = new Uint8Array(raw.length);
  for (let from = 0; from < raw.length; from += BINS) {
    let square = 0;
    for (let i = from; i < from + BINS; i++) square += raw[i]! * raw[i]!;
    // Rounding errors of a flat area are no gradient.
    if (square < 1e-12) continue;
    const scale = UNIT / Math.sqrt(square);
    for (let i = from; i < from + BINS; i++) out[i] = Math.round(raw[i]! * scale);
  }
  return out;
}

/** Costs of DAISY: min(sum over the 17 histograms of their L1 difference, 15) / 17. */
export class DaisyCosts implements Costs {
  readonly source: Size;
  readonly target: Size;
  readonly scales: number;
  readonly rotations: number;
  readonly identity: number;
  readonly worst = TRUNCATION / PLACES;
  /** [source pixels][17][8] */
  readonly #descriptors: Uint8Array;
  readonly #target: DaisyLayers;
  readonly #changes: readonly Change[];

  /**
   * @param source layers of scale 1 alone
   * @param target layers of the scales to be tried
   * @param rotations degrees, multiples of 15
   */
  constructor(source: DaisyLayers, target: DaisyLayers, rotations: readonly number[]) {
    this.source = { width: source.width, height: source.height };
    this.target = { width: target.width, height: target.height };
    this.scales = target.scales.length;
    this.rotations = rotations.length;
    this.#target = target;
    this.#changes = target.scales.flatMap((s, i) => rotations.map((degrees) => changeOf(s, i, degrees)));
    const far = (s: number, degrees: number) => Math.abs(Math.log(s)) * 100 + Math.abs(degrees) / ROTATION_STEP;
    this.identity = target.scales.flatMap((s) => rotations.map((degrees) => far(s, degrees)))
      .reduce((best, value, k, all) => value < all[best]! ? k : best, 0);
    this.#descriptors = descriptors(source, changeOf(1, 0, 0));
  }

  fill(
    window: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
    dx: number,
    dy: number,
    change: number,
    out: Float32Array,
  ): void {
    const { width, height } = this.#target;
    const { scale, offsetX, offsetY, slots, reach } = this.#changes[change]!;
    const { inner, outer } = this.#target.layers[scale]!;
    const own = this.#descriptors;
    const most = TRUNCATION * UNIT, toCost = 1 / (UNIT * PLACES);
    const [s0, s1, s2, s3, s4, s5, s6, s7] = slots as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let row = 0, o = 0; row < window.height; row++) {
      const ty = window.top + row + dy;
      let from = ((window.top + row) * this.source.width + window.left) * PLACES * BINS;
      for (let col = 0; col < window.width; col++, o++, from += PLACES * BINS) {
        const tx = window.left + col + dx;
        if (tx < 0 || ty < 0 || tx >= width || ty >= height) {
          out[o] = this.worst;
          continue;
        }
        const whole = tx >= reach && ty >= reach && tx < width - reach && ty < height - reach;
        let sum = 0;
        for (let place = 0, a = from; place < PLACES && sum < most; place++, a += BINS) {
          let x = tx + offsetX[place]!, y = ty + offsetY[place]!;
          if (!whole) {
            x = x < 0 ? 0 : x >= width ? width - 1 : x;
            y = y < 0 ? 0 : y >= height ? height - 1 : y;
          }
          const b = (y * width + x) * DIRECTIONS;
          const layer = place <= HISTOGRAMS ? inner : outer;
          sum += Math.abs(own[a]! - layer[b + s0]!) + Math.abs(own[a + 1]! - layer[b + s1]!) +
            Math.abs(own[a + 2]! - layer[b + s2]!) + Math.abs(own[a + 3]! - layer[b + s3]!) +
            Math.abs(own[a + 4]! - layer[b + s4]!) + Math.abs(own[a + 5]! - layer[b + s5]!) +
            Math.abs(own[a + 6]! - layer[b + s6]!) + Math.abs(own[a + 7]! - layer[b + s7]!);
        }
        out[o] = (sum < most ? sum : most) * toCost;
      }
    }
  }
}

/** Where a changed descriptor is read: offsets of its histograms, and for each bin its place in a pixel's layers. */
interface Change {
  readonly scale: number;
  readonly offsetX: Int32Array;
  readonly offsetY: Int32Array;
  readonly slots: readonly number[];
  /** The farthest offset along an axis. */
  readonly reach: number;
}

function changeOf(size: number, scale: number, degrees: number): Change {
  const offsetX = new Int32Array(PLACES), offsetY = new Int32Array(PLACES);
  for (let ring = 1, place = 1; ring <= RINGS; ring++) {
    for (let k = 0; k < HISTOGRAMS; k++, place++) {
      const angle = 2 * Math.PI * k / HISTOGRAMS + degrees * Math.PI / 180;
      offsetX[place] = Math.round(size * RADIUS * ring / RINGS * Math.cos(angle));
      offsetY[place] = Math.round(size * RADIUS * ring / RINGS * Math.sin(angle));
    }
  }
  const steps = Math.round(degrees / ROTATION_STEP);
  const slots = Array.from({ length: BINS }, (_, bin) => {
    const direction = ((bin * FINE + steps) % DIRECTIONS + DIRECTIONS) % DIRECTIONS;
    return (direction % FINE) * BINS + Math.floor(direction / FINE);
  });
  const reach = Math.max(...offsetX.map(Math.abs), ...offsetY.map(Math.abs));
  return { scale, offsetX, offsetY, slots, reach };
}

function descriptors({ width, height, layers }: DaisyLayers, change: Change): Uint8Array {
  const { inner, outer } = layers[0]!;
  const out = new Uint8Array(width * height * PLACES * BINS);
  for (let p = 0, o = 0; p < width * height; p++) {
    for (let place = 0; place < PLACES; place++) {
      const x = Math.min(Math.max(p % width + change.offsetX[place]!, 0), width - 1);
      const y = Math.min(Math.max(Math.floor(p / width) + change.offsetY[place]!, 0), height - 1);
      const layer = place <= HISTOGRAMS ? inner : outer;
      for (let bin = 0; bin < BINS; bin++, o++) out[o] = layer[(y * width + x) * DIRECTIONS + change.slots[bin]!]!;
    }
  }
  return out;
}
