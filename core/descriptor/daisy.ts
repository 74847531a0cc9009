import { smoothPlane } from "./_gaussian.ts";
import type { Plane } from "./plane.ts";

/** How a DAISY descriptor is scaled: to a sum of 1, to length 1, each histogram to length 1, or not at all. */
export type DaisyNormalization = "l1" | "l2" | "daisy" | "off";

/** What {@linkcode daisy} computes. */
export interface DaisyOptions {
  /** Pixels between descriptors. */
  readonly step: number;
  /** Radius of the outermost ring in pixels. */
  readonly radius: number;
  readonly rings: number;
  /** Histograms on each ring. */
  readonly histograms: number;
  /** Orientations of a histogram. */
  readonly orientations: number;
  readonly normalization: DaisyNormalization;
  /**
   * Standard deviations of smoothing, rings + 1 of them. As scikit-image reads them, the first serves the centre AND the
   * first ring, the second the second ring, and the last is never used. Default for ring i of r: radius (i + 1) / (2 r).
   */
  readonly sigmas?: readonly number[] | undefined;
}

/** DAISY on a grid. */
export interface Daisy {
  readonly rows: number;
  readonly cols: number;
  /** (rings * histograms + 1) * orientations. */
  readonly channels: number;
  /** Pixel of the first descriptor: (radius, radius). */
  readonly origin: { readonly x: number; readonly y: number };
  /** [rows][cols][channels]: the centre's histogram, then ring by ring, histogram k at angle 2 pi k / histograms. */
  readonly data: Float32Array;
}

/** Smallest side in pixels of a picture. */
export function daisyMinimum(radius: number): number {
  return 2 * radius + 1;
}

/**
 * DAISY as scikit-image computes it: forward differences, soft assignment of the gradient's direction by a circular
 * normal distribution, Gaussian smoothing per ring, samples on rings rounded to whole pixels (halves to even).
 * Orientation k stands for gradients pointing to the angle 2 pi k / orientations - pi from +x towards +y.
 *
 * @param image values 0..1; only "off" depends on their scale. At least `daisyMinimum(radius)` pixels on a side.
 * @throws {RangeError} where no descriptor fits, a count is not an integer of at least 1, or sigmas are too few.
 */
export function daisy(image: Plane, options: DaisyOptions): Daisy {
  const { step, radius, rings, histograms, orientations, normalization } = options;
  for (const [name, value] of Object.entries({ step, radius, rings, histograms, orientations })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`Cannot compute DAISY with ${name} ${value}`);
  }
  const { width, height } = image;
  const rows = Math.ceil((height - 2 * radius) / step);
  const cols = Math.ceil((width - 2 * radius) / step);
  if (rows < 1 || cols < 1) {
    const side = daisyMinimum(radius);
    throw new RangeError(`Cannot compute DAISY of ${width}x${height} pixels: radius ${radius} needs ${side}x${side}`);
  }
  const given = options.sigmas ?? Array.from({ length: rings + 1 }, (_, i) => radius * (i + 1) / (2 * rings));
  if (given.length !== rings + 1) {
    throw new RangeError(`Cannot compute DAISY with ${given.length} sigmas: ${rings} rings need ${rings + 1}`);
  }
  const places = samplePlaces(radius, rings, histograms);
  const channels = places.length * orientations;
  const raw = new Float64Array(rows * cols * channels);
  for (let o = 0; o < orientations; o++) {
    const plane = orientationPlane(image, o, orientations);
    let smooth = plane;
    for (let ring = 0; ring <= rings; ring++) {
      if (ring !== 1) smooth = smoothPlane(plane, width, height, given[Math.max(ring - 1, 0)]!);
      places.forEach((place, index) => {
        if (place.ring !== ring) return;
        let to = index * orientations + o;
        for (let row = 0; row < rows; row++) {
          let from = (radius + row * step + place.dy) * width + radius + place.dx;
          for (let col = 0; col < cols; col++, to += channels, from += step) raw[to] = smooth[from]!;
        }
      });
    }
  }
  const data = normalise(raw, channels, orientations, normalization);
  return { rows, cols, channels, origin: { x: radius, y: radius }, data };
}

/** Where the histograms lie around a descriptor: ring 0 is the centre. */
function samplePlaces(radius: number, rings: number, histograms: number) {
  const places = [{ ring: 0, dx: 0, dy: 0 }];
  for (let ring = 1; ring <= rings; ring++) {
    const distance = radius * ring / rings;
    for (let k = 0; k < histograms; k++) {
      const angle = 2 * Math.PI * k / histograms;
      places.push({ ring, dx: roundToEven(distance * Math.cos(angle)), dy: roundToEven(distance * Math.sin(angle)) });
    }
  }
  return places;
}

function roundToEven(value: number): number {
  const lower = Math.floor(value);
  if (value - lower !== 0.5) return Math.round(value);
  return lower % 2 === 0 ? lower : lower + 1;
}

/** Gradient magnitude times the weight of its direction for one orientation: [height][width]. */
function orientationPlane({ width, height, data }: Plane, index: number, orientations: number): Float64Array {
  const plane = new Float64Array(width * height);
  const kappa = orientations / Math.PI;
  const centre = 2 * index * Math.PI / orientations - Math.PI;
  const cos = Math.cos(centre) * kappa;
  const sin = Math.sin(centre) * kappa;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const dx = x < width - 1 ? data[p + 1]! - data[p]! : 0;
      const dy = y < height - 1 ? data[p + width]! - data[p]! : 0;
      const magnitude = Math.sqrt(dx * dx + dy * dy);
      // kappa cos(angle - centre) without the angle.
      if (magnitude > 0) plane[p] = magnitude * Math.exp((dx * cos + dy * sin) / magnitude);
    }
  }
  return plane;
}

function normalise(raw: Float64Array, channels: number, orientations: number, normalization: DaisyNormalization) {
  if (normalization === "off") return Float32Array.from(raw);
  const data = new Float32Array(raw.length);
  const part = normalization === "daisy" ? orientations : channels;
  for (let from = 0; from < raw.length; from += part) {
    let sum = 0;
    for (let i = from; i < from + part; i++) {
      // The constant keeps descriptors of flat areas finite: all their values are equal.
      const value = raw[i]! + 1e-10;
      sum += normalization === "l1" ? value : value * value;
    }
    const scale = 1 / (normalization === "l1" ? sum : Math.sqrt(sum));
    for (let i = from; i < from + part; i++) data[i] = (raw[i]! + 1e-10) * scale;
  }
  return data;
}
