import { timmVit } from "./_golden_families.ts";

export default timmVit("timm_dino_p16", { patch: 16, grid: 14 });
