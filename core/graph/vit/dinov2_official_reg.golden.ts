import { officialDinov2 } from "./_golden_families.ts";

export default officialDinov2("dinov2_official_reg", 4, "size-antialias");
