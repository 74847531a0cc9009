import { cosine } from "../../../core/match/cosine.ts";
import type { Cells, CostVolume, FeatureMap, Matcher } from "../../../core/types.ts";

/** How far inside the resized picture the survey's code moves keypoints, in pixels. */
const INSIDE = 1e-4;

/** The survey's matching: cosine of interpolated descriptors, of queries kept 1e-4 pixels inside the resized picture. */
export function clampedCosine(): Matcher {
  const plain = cosine({ eps: 1e-6 });
  return {
    async match(maps) {
      const volume = await plain.match(maps) as CostVolume;
      return {
        source: volume.source,
        target: volume.target,
        rows: (cells) => volume.rows(cells),
        sample: (cells) => volume.sample(inside(cells, maps.source)),
        dense: () => volume.dense(),
      };
    },
  };
}

function inside(cells: Cells, { frame: { network }, grid: { stride, origin } }: FeatureMap): Cells {
  const limits = [
    { size: network.width, stride: stride.x, origin: origin.x },
    { size: network.height, stride: stride.y, origin: origin.y },
  ];
  const xy = cells.xy.map((value, i) => {
    const { size, stride, origin } = limits[i % 2]!;
    return Math.min(Math.max(value, (INSIDE - origin) / stride), (size - 1 - INSIDE - origin) / stride);
  });
  return { n: cells.n, xy };
}
