/**
 * Scales and rotations, and where a transformation takes a cell.
 *
 * @module
 */

/** What a node may do besides moving. Change number: scale index * rotations.length + rotation index. */
export interface Changes {
  readonly scales: readonly number[];
  /** Degrees, from +x towards +y. */
  readonly rotations: readonly number[];
  /** The change that does nothing. */
  readonly identity: number;
  /** [changes]: scale * cosine and scale * sine. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Every scale with every rotation; 1 and 0 must be among them. */
export function makeChanges(scales: readonly number[], rotations: readonly number[]): Changes {
  const pairs = scales.flatMap((s) => rotations.map((r) => [s, r * Math.PI / 180] as const));
  return {
    scales,
    rotations,
    identity: scales.indexOf(1) * rotations.length + rotations.indexOf(0),
    cos: Float64Array.from(pairs, ([s, r]) => s * Math.cos(r)),
    sin: Float64Array.from(pairs, ([s, r]) => s * Math.sin(r)),
  };
}

/** A label of every node. */
export interface Labels {
  /** [nodes] */
  readonly change: Int32Array;
  /** [nodes]: displacement of the node's centre in cells. */
  readonly dx: Int32Array;
  readonly dy: Int32Array;
}

/** Nobody moves. */
export function noLabels(nodes: number, { identity }: Changes): Labels {
  return { change: new Int32Array(nodes).fill(identity), dx: new Int32Array(nodes), dy: new Int32Array(nodes) };
}

/** What a change alone does to a cell (x, y) away from the centre: its displacement. */
export function bend({ cos, sin }: Changes, change: number, x: number, y: number): readonly [number, number] {
  const c = cos[change]!, s = sin[change]!;
  return [c * x - s * y - x, s * x + c * y - y];
}
