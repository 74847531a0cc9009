/**
 * The same recorded vectors on every implementation of the native operations.
 *
 * @module
 */
import { openOps, type Ops } from "../../ffi/mod.ts";
import type { GoldenRunner } from "./types.ts";
import { type GoldenCase, vectors, type VectorsOptions } from "./vectors.ts";

/** As {@linkcode vectors}, once for the reference, once for the CPU, and once for CUDA where a GPU answers. */
export function vectorsOfEveryOps(
  folder: string,
  compute: (c: GoldenCase, ops: Ops) => Promise<Record<string, ArrayLike<number>>>,
  options: VectorsOptions = {},
): GoldenRunner {
  return {
    folder,
    async *run(dir) {
      // `auto` takes CUDA only where it is built already and works.
      const open = [() => openOps({ ops: "reference" }), () => openOps({ ops: "cpu" }), () => openOps({ ops: "auto" })];
      for (const [i, start] of open.entries()) {
        using ops = await start();
        if (i === 2 && ops.kind !== "cuda") continue;
        for await (const check of vectors(folder, (c) => compute(c, ops), options).run(dir)) {
          yield { ...check, name: `${check.name} (${ops.kind})` };
        }
      }
    },
  };
}
