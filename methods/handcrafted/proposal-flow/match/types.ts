import type { Size } from "../../../../core/types.ts";
import type { Boxes } from "../boxes.ts";

/** Two pictures' boxes and the similarity of every pair of them. */
export interface Regions {
  readonly source: { readonly size: Size; readonly boxes: Boxes };
  readonly target: { readonly size: Size; readonly boxes: Boxes };
  /** [source boxes][target boxes], not negative; 0 means no match. */
  readonly similarity: Float64Array;
}

/** The match of each source box. */
export interface BoxMatches {
  /** [source boxes]: index of the target box of highest confidence, the lowest of equals. */
  readonly best: Int32Array;
  /** [source boxes]: its confidence; 0 where no target box matches at all. */
  readonly confidence: Float64Array;
}
