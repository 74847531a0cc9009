import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

const layers = [
  ...Array.from({ length: 23 }, () => [15, 1024] as const),
  ...[8, 8, 8].map((side) => [side, 2048] as const),
];

Deno.bench("hccnet, 240 px", benchPair(plugin, "hccnet", 240, layers));
