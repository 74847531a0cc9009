/** Seconds of a pair; peak memory: `/usr/bin/time -v deno task match method=dsp source=A target=B points=...`. */
import { benchPair } from "../../../core/testing/bench_pair.ts";

const size = { width: 300, height: 225 };
for (const threads of [1, 2]) benchPair(["method=dsp", `ops.threads=${threads}`], size);
