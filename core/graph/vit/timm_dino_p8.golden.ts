import { timmVit } from "./_golden_families.ts";

export default timmVit("timm_dino_p8", { patch: 8, grid: 28 });
