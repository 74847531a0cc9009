import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

Deno.bench(
  "dualrc-net, 400 px: kernels 3-3, channels 16-1",
  { group: "dualrc-net" },
  benchPair(plugin, "dualrc-net", 400, [[100, 256], [50, 512], [25, 1024]]),
);
