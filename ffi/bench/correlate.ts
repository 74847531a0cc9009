/**
 * Correlation of 60 x 60 cells, `deno run -A ffi/bench/correlate.ts [threads] [channels...]`.
 *
 * @module
 */
import { openOps } from "../mod.ts";
import { againstPeak, head, noise, row } from "./against_peak.ts";

if (import.meta.main) {
  const [threads = 0, ...sizes] = Deno.args.map(Number);
  using ops = await openOps({ ops: "cpu", threads, log: console.log });
  const n = 3600, norm = { rule: "plus", eps: 1e-6 } as const;
  console.log(`${ops.description}, peak ${(await ops.fmaPeak(50)).toFixed(0)} GFLOP/s\n${head}`);
  for (const channels of sizes.length > 0 ? sizes : [384, 768, 2048]) {
    using a = await ops.tensor(noise(n * channels), [n, channels]);
    using b = await ops.tensor(noise(n * channels).reverse(), [n, channels]);
    const gflop = 2 * n * n * channels / 1e9, rounds = 8;
    const name = `${n} x ${channels} x ${n}`;
    console.log(row(`${name}, product`, await againstPeak(ops, gflop, rounds, () => ops.correlate(a, b))));
    console.log(
      row(`${name}, normalised`, await againstPeak(ops, gflop, rounds, () => ops.correlate(a, b, { norm }))),
    );
    console.log(
      row(
        `${name}, normalised, arg-max only`,
        await againstPeak(ops, gflop, rounds, () => ops.correlateBest(a, b, { norm })),
      ),
    );
    const rows = Int32Array.from({ length: 10 }, (_, i) => i * 300);
    console.log(
      row(`10 rows of it`, await againstPeak(ops, gflop / 360, 20, () => ops.correlateBest(a, b, { norm, rows }))),
    );
  }
}
