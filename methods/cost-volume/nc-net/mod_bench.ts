import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

const layers = [[25, 1024]] as const;

Deno.bench(
  "nc-net, 400 px: kernels 5-5-5, channels 16-16-1",
  { group: "nc-net" },
  benchPair(plugin, "nc-net", 400, layers),
);

Deno.bench(
  "nc-net, 400 px: kernels 3-3, channels 16-1",
  { group: "nc-net" },
  benchPair(plugin, "nc-net", 400, layers, { kernels: [3, 3], channels: [16, 1] }),
);
