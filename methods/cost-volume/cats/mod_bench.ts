import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

const layers = [[64, 64], ...Array.from({ length: 7 }, () => [16, 1024] as const)] as const;

Deno.bench("cats, 256 px", { group: "cats" }, benchPair(plugin, "cats", 256, layers));
