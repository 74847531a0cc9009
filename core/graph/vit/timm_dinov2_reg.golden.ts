import { timmVit } from "./_golden_families.ts";

export default timmVit("timm_dinov2_reg", { patch: 14, grid: 37, layerScale: true, registers: 4 });
