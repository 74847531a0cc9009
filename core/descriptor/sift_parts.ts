import type { Lattice, PartMap } from "../types.ts";
import type { DsiftPlanes } from "./dsift.ts";

/** Dense SIFT that operations make from its planes, block by block: bit by bit the descriptors of `dsift`. */
export function siftParts(planes: DsiftPlanes, name: string, lattice: Lattice): PartMap {
  const { data, width, height, bin, start, step: stride, weights } = planes;
  return {
    ...lattice,
    name,
    channels: 128,
    bytes: data.byteLength,
    async open(ops) {
      const tensor = await ops.tensor(data, [height, width, 8]);
      return {
        part({ left, top, right, bottom }, step = 1) {
          return ops.siftDescriptors(tensor, {
            bin,
            weights,
            left: start.x + left * stride,
            top: start.y + top * stride,
            step: step * stride,
            rows: Math.ceil((bottom - top) / step),
            cols: Math.ceil((right - left) / step),
          });
        },
        [Symbol.dispose]: () => tensor.dispose(),
      };
    },
  };
}
