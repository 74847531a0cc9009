import { officialDinov2 } from "./_golden_families.ts";

export default officialDinov2("dinov2_official", 0, "scale-offset");
