import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

const layers = [[25, 1024]] as const;

Deno.bench(
  "anc-net, 400 px: network A, pairwise stream",
  { group: "anc-net" },
  benchPair(plugin, "anc-net", 400, layers),
);

Deno.bench(
  "anc-net, 400 px: network A, no second stream",
  { group: "anc-net" },
  benchPair(plugin, "anc-net", 400, layers, { pss: 0 }),
);
