/**
 * The grid layer of deformable spatial pyramids: translations of the pyramid's cells.
 *
 * @module
 */
import type { MethodContext, Pair, Size } from "../types.ts";
import { nodesAbove } from "./graph.ts";
import { type NodeCosts, NodeSums } from "./nodes.ts";

/** States whose costs are read at a time. */
const BATCH = 64;

/** The operations of a context. */
export type Ops = Awaited<ReturnType<MethodContext["ops"]>>;
/** What an operation takes as a map. */
export type MapInput = Parameters<Ops["translationCosts"]>[0];

/** Constants of the grid layer. */
export interface GridOptions {
  readonly levels: number;
  /** About so many cells of the source take part. */
  readonly samples: number;
  /** Largest distance of descriptors that counts, and the cost of leading out of the target. */
  readonly bound: number;
  readonly stretch: number;
  readonly stretchBound: number;
  readonly iterations: number;
  /** Messages from children to parents, and node costs of whole boxes. */
  readonly corrected: boolean;
}

/** Which cells take part, and which translations are tried. */
export interface GridSize {
  /** Cells between samples, and between translations. */
  readonly step: number;
  /** Samples per axis. */
  readonly cols: number;
  readonly rows: number;
  /** Translations step * (-rx..rx, -ry..ry); nx = 2 rx + 1 and ny = 2 ry + 1 of them. */
  readonly rx: number;
  readonly ry: number;
  readonly nx: number;
  readonly ny: number;
}

/** The grid layer's answer. */
export interface GridFound extends GridSize {
  readonly unary: NodeCosts;
  /** [nodes]: state of every node, x * ny + y. */
  readonly states: Int32Array;
}

/** Samples and translations for maps of these sizes (in cells): translations reach half of the longer side. */
export function gridSize({ source, target }: Pair<Size>, samples: number): GridSize {
  const step = Math.max(1, Math.floor(Math.sqrt(source.width * source.height / samples) + 0.5));
  const radius = (a: number, b: number) => Math.floor(Math.ceil(Math.max(a, b) / 2) / step);
  const rx = radius(source.width, target.width), ry = radius(source.height, target.height);
  const cols = Math.ceil(source.width / step), rows = Math.ceil(source.height / step);
  return { step, cols, rows, rx, ry, nx: 2 * rx + 1, ny: 2 * ry + 1 };
}

/** Every `step`-th cell of a map: all that the grid layer looks at. */
export function sampleCells(
  { data, channels, cols, rows }: {
    readonly data: Float32Array | Uint8Array;
    readonly channels: number;
    readonly cols: number;
    readonly rows: number;
  },
  step: number,
): { readonly data: Float32Array; readonly shape: readonly [rows: number, cols: number, channels: number] } {
  const width = Math.ceil(cols / step), height = Math.ceil(rows / step);
  const out = new Float32Array(width * height * channels);
  for (let y = 0, to = 0; y < rows; y += step) {
    for (let x = 0; x < cols; x += step, to += channels) {
      const from = (y * cols + x) * channels;
      out.set(data.subarray(from, from + channels), to);
    }
  }
  return { data: out, shape: [height, width, channels] };
}

/** The translation (x, y) in cells that a state stands for. */
export function translationOf({ step, rx, ry, ny }: GridSize, state: number): readonly [number, number] {
  return [(Math.floor(state / ny) - rx) * step, (state % ny - ry) * step];
}

/**
 * Translations of all nodes by message passing over the pyramid.
 *
 * @param maps every `size.step`-th cell of both: [rows][cols][channels], rows and cols divided by the step, rounded up
 */
export async function gridLayer(
  ops: Ops,
  maps: Pair<MapInput>,
  size: GridSize,
  options: GridOptions,
): Promise<GridFound> {
  const { levels, bound, corrected } = options;
  const { rx, ry, nx, ny, cols, rows } = size;
  const sums = new NodeSums({ states: nx * ny, cols, rows }, levels, corrected);
  {
    using costs = await ops.translationCosts(maps.source, maps.target, { step: 1, nx: rx, ny: ry, bound });
    // All of them are 25 MB and more: some at a time, in memory that serves the next ones.
    const cells = cols * rows, some = new Float32Array(Math.min(BATCH, nx * ny) * cells);
    for (let first = 0; first < nx * ny; first += BATCH) {
      const count = Math.min(BATCH, nx * ny - first);
      sums.add(await costs.readPart(first * cells, count * cells, some), first);
    }
  }
  const unary = sums.finish();
  const states = await (await ops.bpPyramid({ data: unary.data, shape: [nodesAbove(levels), nx, ny] }, {
    levels,
    stretch: options.stretch,
    bound: options.stretchBound,
    iterations: options.iterations,
    upward: corrected,
  })).takeInts();
  return { ...size, unary, states };
}
