import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

const layers = [[8, 2048], [16, 1024], [32, 512]] as const;

Deno.bench("ifcat, 256 px, from maps to the matches of ten points", benchPair(plugin, "ifcat", 256, layers));
