import { transformersDinov2 } from "./_golden_families.ts";

export default transformersDinov2("dinov2_transformers_reg", 4, "size-antialias");
