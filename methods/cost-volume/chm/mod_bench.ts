import { benchPair } from "../../../core/consensus/testing.ts";
import plugin from "./mod.ts";

for (const kernel of ["psi", "full"]) {
  Deno.bench(`chm, 240 px: ${kernel}`, { group: "chm" }, benchPair(plugin, "chm", 240, [[15, 1024]], { kernel }));
}
