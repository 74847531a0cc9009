/**
 * Tied kernels of convolutional Hough matching (Min and Cho, CVPR 2021): weights of a window of 5^4 that see the same
 * geometry are one parameter, shared in equal parts.
 *
 * @module
 */

/** `psi`: tied by the lengths of both offsets and of their difference; `iso`: by the difference alone; `full`: not tied. */
export type KernelKind = "psi" | "iso" | "full";

/** Sides of the window, centre 2. */
export const SIDE = 5;

/** Weights of a window. */
export const WINDOW = SIDE ** 4;

/** Offsets between scales, 3 x 3, by the group whose parameters they share. */
const SCALE_GROUPS: Readonly<Record<"psi" | "iso", readonly (readonly number[])[]>> = {
  psi: [[4], [0, 8], [2, 6], [1, 3, 5, 7]],
  iso: [[0, 4, 8], [2, 6], [1, 3, 5, 7]],
};

/** Which parameter each weight of the window is. */
export interface Classes {
  /** [WINDOW]: source row, source column, target row, target column; classes are numbered as they are first met. */
  readonly of: Int32Array;
  /** Weights in each class. */
  readonly sizes: readonly number[];
}

const cache = new Map<string, Classes>();

/** The classes of a tied kernel: 55 of `psi`, 15 of `iso`. */
export function classes(kind: "psi" | "iso"): Classes {
  const known = cache.get(kind);
  if (known !== undefined) return known;
  const middle = (SIDE - 1) / 2, numbers = new Map<string, number>(), sizes: number[] = [];
  const of = Int32Array.from({ length: WINDOW }, (_, at) => {
    const tj = at % SIDE, ti = Math.floor(at / SIDE) % SIDE, sj = Math.floor(at / SIDE ** 2) % SIDE;
    const si = Math.floor(at / SIDE ** 3);
    const head = (ti - middle) ** 2 + (tj - middle) ** 2, tail = (si - middle) ** 2 + (sj - middle) ** 2;
    const between = (ti - si) ** 2 + (tj - sj) ** 2;
    const key = kind === "iso" ? `${between}` : `${Math.max(head, tail)} ${Math.min(head, tail)} ${between}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    sizes[number] = (sizes[number] ?? 0) + 1;
    return number;
  });
  const found = { of, sizes };
  cache.set(kind, found);
  return found;
}

/** Parameters of a 4-D kernel: [55], [15] or [WINDOW]. */
export function parameterCount(kind: KernelKind): number {
  return kind === "full" ? WINDOW : classes(kind).sizes.length;
}

/** Groups of scale offsets, each with parameters of its own; `full` has none. */
export function scaleGroups(kind: "psi" | "iso"): readonly (readonly number[])[] {
  return SCALE_GROUPS[kind];
}

/** The 4-D kernel [5][5][5][5]: each weight is its parameter divided by how many share it. */
export function kernel4d(kind: KernelKind, parameters: Float32Array): Float32Array<ArrayBuffer> {
  if (parameters.length !== parameterCount(kind)) {
    throw new RangeError(
      `Cannot make a ${kind} kernel of ${parameters.length} parameters: it has ${parameterCount(kind)}`,
    );
  }
  if (kind === "full") return parameters.slice();
  const { of, sizes } = classes(kind);
  return Float32Array.from(of, (number) => parameters[number]! / sizes[number]!);
}

/**
 * The 6-D kernel [3][3][5][5][5][5]: source scale, target scale, then the window.
 *
 * @param parameters one array per scale group, or for `full` the kernel itself
 */
export function kernel6d(kind: KernelKind, parameters: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const kernel = new Float32Array(9 * WINDOW);
  if (kind === "full") {
    if (parameters.length !== 1 || parameters[0]!.length !== kernel.length) {
      throw new RangeError(`Cannot make a full kernel: it has one array of ${kernel.length} parameters`);
    }
    kernel.set(parameters[0]!);
    return kernel;
  }
  const groups = scaleGroups(kind);
  if (parameters.length !== groups.length) {
    throw new RangeError(`Cannot make a ${kind} kernel of ${parameters.length} groups: it has ${groups.length}`);
  }
  groups.forEach((offsets, group) => {
    const window = kernel4d(kind, parameters[group]!).map((weight) => weight / offsets.length);
    for (const offset of offsets) kernel.set(window, offset * WINDOW);
  });
  return kernel;
}
