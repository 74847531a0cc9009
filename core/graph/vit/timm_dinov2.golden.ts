import { timmVit } from "./_golden_families.ts";

export default timmVit("timm_dinov2", { patch: 14, grid: 37, layerScale: true });
