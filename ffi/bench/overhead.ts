/**
 * What a call costs beside its arithmetic, `deno run -A ffi/bench/overhead.ts`.
 *
 * @module
 */
import { loadLibrary } from "../library.ts";
import { openOps } from "../mod.ts";

/** Microseconds per call: the fastest of some batches. */
async function perCall(batch: number, call: () => unknown): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    for (let i = 0; i < batch; i++) {
      const result = call();
      if (result instanceof Promise) await result;
    }
    best = Math.min(best, (performance.now() - start) * 1000 / batch);
  }
  return best;
}

if (import.meta.main) {
  const { native } = await loadLibrary("cpu", { build: true, log: console.log });
  const context = native.sc_ctx_new(1, 0, 0);
  const shape = Int32Array.of(1, 4), tensor = native.sc_tensor_new(context, 0, 2, shape);
  const out = native.sc_tensor_new(context, 0, 2, shape);
  console.log("| call | microseconds |\n|---|---|");
  const show = (name: string, value: number) => console.log(`| ${name} | ${value.toFixed(2)} |`);
  show(
    "synchronous operation on 4 values",
    await perCall(10000, () => native.sc_l2norm(context, tensor, 1, 1e-6, out)),
  );
  show(
    "nonblocking operation on 4 values, awaited",
    await perCall(300, () => native.sc_l2norm_async(context, tensor, 1, 1e-6, out)),
  );
  native.sc_tensor_free(tensor);
  native.sc_tensor_free(out);
  native.sc_ctx_free(context);
  using ops = await openOps({ ops: "cpu" });
  using x = await ops.tensor(new Float32Array(4), [1, 4]);
  show(
    "the same through Ops: makes and frees a tensor, awaited",
    await perCall(2000, () => ops.l2Normalize(x, { rule: "plus", eps: 1e-6 }).then((y) => y.dispose())),
  );
}
