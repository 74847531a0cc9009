/**
 * What the tests of dense predictions share.
 *
 * @module
 */
import { divideGrid, identityFrame } from "../../frame.ts";
import type {
  Benchmark,
  BenchmarkPair,
  DenseTruth,
  Flow,
  Image,
  ImageRef,
  Lattice,
  Method,
  Size,
} from "../../types.ts";
import { evaluateDense } from "./evaluate.ts";
import type { DenseLine } from "./store.ts";

/** One cell per pixel, each at its pixel's centre. */
export function pixelLattice(size: Size): Lattice {
  return { frame: identityFrame(size), grid: divideGrid(size, size.height, size.width, "half-pixel") };
}

/** [height][width][2]: where `at` sends each pixel. */
export function fieldBy(
  { width, height }: Size,
  at: (x: number, y: number) => readonly [number, number],
): Float32Array {
  return Float32Array.from(
    Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))).flat(),
  );
}

/** A grey picture. */
export function pictureRef(id: string, size: Size): ImageRef {
  const data = new Uint8Array(size.width * size.height * 3).fill(128);
  return { id, origin: id, size, load: () => Promise.resolve({ ...size, data, sha256: id, origin: id }) };
}

/** A pair without keypoints. */
export function densePair(
  id: string,
  category: string,
  sizes: { readonly source: Size; readonly target: Size },
  truth: Omit<DenseTruth, "size">,
): BenchmarkPair {
  const none = { n: 0, xy: new Float64Array() };
  return {
    id,
    category,
    images: { source: pictureRef(`${id}:source`, sizes.source), target: pictureRef(`${id}:target`, sizes.target) },
    points: { source: none, target: none },
    dense: () => Promise.resolve({ size: sizes.source, ...truth }),
  };
}

/** A benchmark of such pairs. */
export function benchmarkOf(pairs: readonly BenchmarkPair[]): Benchmark {
  return { name: "demo", split: "test", threshold: "image", synthetic: false, pairs, sha256: "", notes: [] };
}

/** A method whose flow is a function of the two pictures. */
export function flowMethod(flow: (source: Image, target: Image) => Pick<Flow, "data"> & { lattice: Lattice }): Method {
  return {
    correspond: () => Promise.reject(new Error("points are not asked for")),
    flow(source, target) {
      const { data, lattice } = flow(source, target);
      return Promise.resolve({ source: lattice, target: pixelLattice(target), data });
    },
  };
}

/** Predicts every pair into `folder`. */
export async function predictAll(
  method: Method,
  pairs: readonly BenchmarkPair[],
  folder: string,
  direction: "forward" | "reverse" | "both",
): Promise<Map<string, DenseLine>> {
  const record = { direction, method: { name: "demo" } } as Parameters<typeof evaluateDense>[1];
  const { lines } = await evaluateDense(method, record, pairs, folder, null, 1e9, { log: () => {} });
  return new Map(lines.map((line) => [line.pair, line]));
}
