/**
 * SIFT Flow from coarse to fine.
 *
 * @module
 */
import type { ByteMap, MethodContext, Pair } from "../../../core/types.ts";
import { linearMap, type MapSize, refineCentres } from "./windows.ts";

/** The operations of a context. */
export type Ops = Awaited<ReturnType<MethodContext["ops"]>>;
type Tensor = Awaited<ReturnType<Ops["halveBytes"]>>;

/** Constants of the energy and of its minimisation. */
export interface SolverOptions {
  readonly levels: number;
  /** Cost per cell of difference between neighbouring displacements, and its bound. */
  readonly alpha: number;
  readonly bound: number;
  /** Cost per cell of displacement at the finest level; doubles from level to level. */
  readonly gamma: number;
  /** Displacements up to so far from the centre at the finest level (one more per coarser level), and at the coarsest. */
  readonly window: number;
  readonly topWindow: number;
  readonly iterations: number;
  readonly topIterations: number;
  readonly corrected: boolean;
  /** Record the energy after every iteration. */
  readonly trace?: boolean;
}

/** Descriptors of one picture at all levels, finest first, where the operations run. */
export interface Pyramid extends Disposable {
  readonly maps: readonly Tensor[];
}

/** What one level found. */
export interface Level extends MapSize {
  /** [rows][cols][2]: displacements (x, y) in cells. */
  readonly flow: Int32Array;
  /** After every iteration, or after the last. */
  readonly energies: readonly number[];
}

/** The map and its halvings. The caller frees them. */
export async function buildPyramid(ops: Ops, map: ByteMap, levels: number): Promise<Pyramid> {
  const { rows, cols } = map.grid;
  const words = new Int32Array(map.data.buffer as ArrayBuffer, map.data.byteOffset, map.data.length / 4);
  const maps = [await ops.tensor(words, [rows, cols, map.channels / 4])];
  const dispose = () => maps.forEach((tensor) => tensor.dispose());
  try {
    while (maps.length < levels) maps.push(await ops.halveBytes(maps.at(-1)!));
  } catch (error) {
    dispose();
    throw error;
  }
  return { maps, [Symbol.dispose]: dispose };
}

const sizeOf = ({ shape }: Tensor): MapSize => ({ rows: shape[0]!, cols: shape[1]! });

/** Minimises the energy level by level. @returns the levels, finest first */
export async function solve(
  ops: Ops,
  { source, target }: Pair<Pyramid>,
  options: SolverOptions,
): Promise<readonly Level[]> {
  const { levels, alpha, bound, gamma, corrected, trace = false } = options;
  const found: Level[] = [];
  let coarse: { source: MapSize; base: Int32Array } | undefined;
  for (let i = levels - 1; i >= 0; i--) {
    const from = source.maps[i]!, to = target.maps[i]!;
    const size = sizeOf(from);
    const fine = { source: size, base: linearMap(size, sizeOf(to)) };
    using result = await ops.bpFlow(from, to, {
      centre: coarse === undefined ? fine.base : refineCentres(found[0]!.flow, coarse, fine),
      window: coarse === undefined ? options.topWindow : options.window + i,
      alpha,
      bound,
      gamma: gamma * 2 ** i,
      iterations: coarse === undefined ? options.topIterations : options.iterations,
      merges: coarse === undefined ? 2 : Math.min(levels - 1 - i, 6),
      corrected,
      trace,
    });
    const [flow, energies] = await Promise.all([result.flow.readInts(), result.energies.readInts()]);
    found.unshift({
      ...size,
      flow,
      energies: Array.from(
        { length: energies.length / 2 },
        (_, k) => energies[2 * k]! * 2 ** 24 + energies[2 * k + 1]!,
      ),
    });
    coarse = fine;
  }
  return found;
}
