import type { Engine } from "../engine.ts";

/** See {@linkcode Ops.fmaPeak}. */
export async function fmaPeak(engine: Engine, milliseconds: number): Promise<number> {
  const [out] = await engine.run({
    name: "sc_fma_peak",
    args: [milliseconds],
    outputs: [{ shape: [1] }],
    work: Infinity,
    // The definition of a ceiling is what the machine does; the reference engine measures JavaScript's own.
    reference: (_values, _ints, out) => {
      const rounds = 2e6, start = performance.now();
      let a = 0, b = 1, c = 2, d = 3;
      for (let i = 0; i < rounds; i++) {
        a = a * 0.999 + 1e-6;
        b = b * 0.999 + 1e-6;
        c = c * 0.999 + 1e-6;
        d = d * 0.999 + 1e-6;
      }
      const seconds = (performance.now() - start) / 1000;
      // The sum enters the result at a weight below its rounding, so that no loop is optimised away.
      out.float(0)[0] = 8 * rounds / seconds / 1e9 + (a + b + c + d) * 1e-30;
    },
  });
  return (await out!.take())[0]!;
}
