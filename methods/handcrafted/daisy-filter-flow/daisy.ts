/**
 * DAISY under changes of scale and rotation, as bytes: the normalised histograms of every pixel are made once per scale,
 * and a descriptor reads them at 17 places, so no change needs descriptors of its own.
 *
 * @module
 */
import { greyPlane } from "../../../core/descriptor/grey.ts";
import { gaussianSmooth, type Plane } from "../../../core/descriptor/plane.ts";
import type { Image, Size } from "../../../core/types.ts";
import { smoothLayers } from "./smooth.ts";

/** 2 rings of 8 histograms of 8 bins around a centre, 136 values. */
const RADIUS = 16, RINGS = 2, HISTOGRAMS = 8, BINS = 8;
export const PARTS = 1 + RINGS * HISTOGRAMS;
/** Values of a histogram of length 1 are stored as bytes. */
const UNIT = 255;
/** Added to a histogram's length before it is divided by it, for pictures of 0..1: flat areas stay near 0. */
const FAINT = 0.01;
/** Smoothing before the gradient: of the picture as it is, and by the released code, times the scale. */
const BEFORE = 0.5, PER_SCALE = 0.5;

/** What lies beyond a picture: nothing, or its outermost histograms. */
export type Border = "empty" | "repeat";

/** A picture's histograms at several scales. */
export interface DaisyLayers extends Size {
  readonly scales: readonly number[];
  /** [2 i + ring][height][width][8] of scale i: smoothed for the centre and inner ring, and for the outer ring. */
  readonly layers: readonly Uint8Array[];
}

/**
 * Histograms of all scales. Ring i of 2 has radius 16 s i / 2 and smoothing half of that; the centre takes the inner
 * ring's. Histogram bin k counts gradients pointing to 45 k degrees from +x towards +y.
 */
export function daisyLayers(image: Image, scales: readonly number[]): DaisyLayers {
  const { width, height } = image;
  const grey = greyPlane(image);
  const unit = { ...grey, data: grey.data.map((value) => value / 255) };
  const layers = scales.flatMap((s) => {
    const blurred = gaussianSmooth(unit, Math.hypot(BEFORE, PER_SCALE * s));
    const inner = smoothLayers(
      directions(blurred),
      image,
      BINS,
      Math.sqrt(Math.max((s * RADIUS / 4) ** 2 - BEFORE ** 2, 0.01)),
    );
    // Smoothing adds up by squares, so the outer ring starts from the inner one.
    const outer = smoothLayers(inner, image, BINS, s * RADIUS / 4 * Math.sqrt(3));
    return [unitHistograms(inner), unitHistograms(outer)];
  });
  return { width, height, scales, layers };
}

/** The positive part of the gradient (central differences, halved at the border) along 8 directions: [height][width][8]. */
function directions({ width, height, data }: Plane): Float32Array {
  const out = new Float32Array(width * height * BINS);
  const cos = Array.from({ length: BINS }, (_, k) => Math.cos(2 * Math.PI * k / BINS));
  const sin = Array.from({ length: BINS }, (_, k) => Math.sin(2 * Math.PI * k / BINS));
  for (let row = 0, p = 0; row < height; row++) {
    const up = row > 0 ? width : 0, down = row + 1 < height ? width : 0;
    for (let col = 0; col < width; col++, p++) {
      const x = (data[p + (col + 1 < width ? 1 : 0)]! - data[p - (col > 0 ? 1 : 0)]!) / 2;
      const y = (data[p + down]! - data[p - up]!) / 2;
      for (let k = 0; k < BINS; k++) out[p * BINS + k] = Math.max(x * cos[k]! + y * sin[k]!, 0);
    }
  }
  return out;
}

function unitHistograms(raw: Float32Array): Uint8Array {
  const out = new Uint8Array(raw.length);
  for (let from = 0; from < raw.length; from += BINS) {
    let square = 0;
    for (let i = from; i < from + BINS; i++) square += raw[i]! * raw[i]!;
    const scale = UNIT / (Math.sqrt(square) + FAINT);
    for (let i = from; i < from + BINS; i++) out[i] = Math.round(raw[i]! * scale);
  }
  return out;
}

/** Where a changed descriptor is read. */
export interface DaisyPlaces {
  /** By how many bins histograms are read on: the rotation's nearest multiple of 45 degrees. */
  readonly shift: number;
  /** [17][3]: layer (0 inner, 1 outer), x and y offset in pixels. */
  readonly places: readonly (readonly [layer: number, dx: number, dy: number])[];
}

/** The places of a descriptor of `scale` times the usual size, turned by `degrees` from +x towards +y. */
export function daisyPlaces(scale: number, degrees: number): DaisyPlaces {
  const places: [number, number, number][] = [[0, 0, 0]];
  for (let ring = 1; ring <= RINGS; ring++) {
    for (let k = 0; k < HISTOGRAMS; k++) {
      const angle = 2 * Math.PI * k / HISTOGRAMS + degrees * Math.PI / 180, radius = scale * RADIUS * ring / RINGS;
      places.push([ring - 1, Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))]);
    }
  }
  return { shift: ((Math.round(degrees * BINS / 360) % BINS) + BINS) % BINS, places };
}

/** Upright descriptors of the first scale: [height][width][17][8]; histograms outside are 0. */
export function daisyDescriptors(
  { width, height, scales, layers }: DaisyLayers,
  border: Border,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height * PARTS * BINS);
  const repeat = border === "repeat";
  daisyPlaces(scales[0]!, 0).places.forEach(([layer, dx, dy], part) => {
    for (let y = repeat ? 0 : Math.max(-dy, 0); y < (repeat ? height : Math.min(height - dy, height)); y++) {
      for (let x = repeat ? 0 : Math.max(-dx, 0); x < (repeat ? width : Math.min(width - dx, width)); x++) {
        const from = (Math.min(Math.max(y + dy, 0), height - 1) * width + Math.min(Math.max(x + dx, 0), width - 1)) *
          BINS;
        out.set(layers[layer]!.subarray(from, from + BINS), ((y * width + x) * PARTS + part) * BINS);
      }
    }
  });
  return out;
}

/** All layers with `pad` empty sites around: [layers][height + 2 pad][width + 2 pad][8]. */
export function padded({ width, height, layers }: DaisyLayers, pad: number, border: Border): Uint8Array<ArrayBuffer> {
  const rows = height + 2 * pad, cols = width + 2 * pad;
  const out = new Uint8Array(layers.length * rows * cols * BINS);
  layers.forEach((layer, l) => {
    for (let y = 0; y < height; y++) {
      const to = ((l * rows + y + pad) * cols + pad) * BINS;
      out.set(layer.subarray(y * width * BINS, (y + 1) * width * BINS), to);
      if (border === "empty") continue;
      const last = to + (width - 1) * BINS;
      for (let x = 1; x <= pad; x++) {
        out.copyWithin(to - x * BINS, to, to + BINS);
        out.copyWithin(last + x * BINS, last, last + BINS);
      }
    }
    if (border === "empty") return;
    const row = cols * BINS, first = (l * rows + pad) * row, last = first + (height - 1) * row;
    for (let y = 1; y <= pad; y++) {
      out.copyWithin(first - y * row, first, first + row);
      out.copyWithin(last + y * row, last, last + row);
    }
  });
  return out;
}
