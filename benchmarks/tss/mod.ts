/**
 * TSS (Taniai, Sinha, Sato, CVPR 2016): dense flow and foreground masks of three groups of pairs.
 *
 * Layout, as distributed: `TSS_CVPR2016/{FG3DCar,JODS,PASCAL}/{pair}/{image1.png, image2.png, flow1.flo, flow2.flo,
 * mask1.png, mask2.png}`. `flow1.flo` lies on the pixels of image 1 and points into image 2. Each folder gives two pairs:
 * `.../1-2` (source image 1, flow 1, mask 1) and `.../2-1`. Evaluators that warp the source into the target (such as
 * DenseMatching) call the picture with the flow the target; here it is the source, and their "source size" is that of
 * our target.
 *
 * Flow is NaN where the file marks it unknown and where the mask of its picture is not 255, since the flow there is not
 * annotated. Pictures are read as stored.
 *
 * @module
 */
import { join } from "@std/path";
import { readFlo } from "../../core/data/flo.ts";
import { ImageFolder } from "../../core/data/image_ref.ts";
import { INCOMPLETE, PairList } from "../../core/data/pairs.ts";
import { dataRoot, isFolder, namesIn, officialCount } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/option.ts";
import type {
  Benchmark,
  BenchmarkContext,
  BenchmarkPair,
  BenchmarkPlugin,
  DenseTruth,
  OptionsOf,
  Size,
} from "../../core/types.ts";

const GROUPS = ["FG3DCar", "JODS", "PASCAL"];

const defaults = {
  group: option("all", "all, or one of the three groups", { choices: ["all", ...GROUPS] }),
  incomplete: INCOMPLETE,
};

const NONE = { n: 0, xy: new Float64Array() };

async function build(context: BenchmarkContext, options: OptionsOf<typeof defaults>): Promise<Benchmark> {
  const root = groupFolder(dataRoot(context));
  const images = new ImageFolder(root);
  const pairs = new PairList(options.incomplete);
  for (const group of GROUPS.filter((group) => options.group === "all" || options.group === group)) {
    if (!isFolder(join(root, group))) {
      if (options.incomplete === "skip") continue;
      throw new InputError(`Cannot open benchmark "tss": "${root}" has no folder "${group}"`);
    }
    for (const name of namesIn(join(root, group)).filter((name) => isFolder(join(root, group, name)))) {
      for (const [from, to] of [[1, 2], [2, 1]] as const) {
        const folder = join(root, group, name);
        await pairs.add(folder, () => readPair(images, folder, `${group}/${name}/${from}-${to}`, group, from, to));
      }
    }
  }
  return pairs.finish({
    name: context.card.name,
    split: options.group,
    threshold: "image",
    official: officialCount(context.card, options.group),
  });
}

function groupFolder(root: string): string {
  const found = [root, join(root, "TSS_CVPR2016")].find((folder) =>
    GROUPS.some((group) => isFolder(join(folder, group)))
  );
  if (found !== undefined) return found;
  throw new InputError(`Cannot open benchmark "tss": "${root}" has none of the folders ${GROUPS.join(", ")}`);
}

async function readPair(
  images: ImageFolder,
  folder: string,
  id: string,
  category: string,
  from: 1 | 2,
  to: 1 | 2,
): Promise<BenchmarkPair> {
  const source = await images.sized(join(folder, `image${from}.png`), folder);
  const target = await images.sized(join(folder, `image${to}.png`), folder);
  for (const file of [`flow${from}.flo`, `mask${from}.png`, `mask${to}.png`]) {
    if (!images.has(join(folder, file))) throw new InputError(`${folder}: "${file}" is missing`);
  }
  const dense = async (): Promise<DenseTruth> => {
    const masks = {
      source: await readMask(join(folder, `mask${from}.png`), source.size!, images),
      target: await readMask(join(folder, `mask${to}.png`), target.size!, images),
    };
    return { size: source.size!, masks, flow: readFlow(join(folder, `flow${from}.flo`), source.size!, masks.source) };
  };
  return { id, category, images: { source, target }, points: { source: NONE, target: NONE }, dense };
}

/** Foreground is 255 exactly: the evaluators divide by 255 and drop the fraction. */
async function readMask(path: string, size: Size, images: ImageFolder): Promise<Uint8Array> {
  const { data } = await images.ref(path, path, size).load();
  return Uint8Array.from({ length: size.width * size.height }, (_, i) => data[3 * i] === 255 ? 1 : 0);
}

/** Displacements of the file -> positions in the target, NaN outside the mask. */
function readFlow(path: string, size: Size, mask: Uint8Array): Float32Array {
  const { width, height, data } = readFlo(path);
  if (width !== size.width || height !== size.height) {
    throw new InputError(`${path}: the flow is ${width}x${height}, its picture ${size.width}x${size.height}`);
  }
  for (let row = 0, i = 0; row < height; row++) {
    for (let col = 0; col < width; col++, i += 2) {
      const known = mask[i >> 1] === 1;
      data[i] = known ? col + data[i]! : NaN;
      data[i + 1] = known ? row + data[i + 1]! : NaN;
    }
  }
  return data;
}

export default { defaults, build } satisfies BenchmarkPlugin<typeof defaults>;
