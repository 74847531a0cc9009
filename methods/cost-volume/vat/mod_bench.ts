import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

/** Every bottleneck of a ResNet-101's second to fourth stage. */
const layers = ([[4, 64, 512], [23, 32, 1024], [3, 16, 2048]] as const).flatMap(([count, side, channels]) =>
  Array.from({ length: count }, () => [side, channels] as const)
);

Deno.bench("vat, 512 px", { group: "vat", n: 3, warmup: 1 }, benchPair(plugin, "vat", 512, layers));
