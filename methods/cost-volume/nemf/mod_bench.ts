import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

Deno.bench(
  "nemf, 256 px",
  { group: "nemf", n: 5, warmup: 1 },
  benchPair(plugin, "nemf", 256, [[64, 256], [32, 512], [16, 1024], [8, 2048]]),
);
