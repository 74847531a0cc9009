import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { readSafetensors, type StoredTensor } from "../golden/safetensors.ts";
import type { GoldenCheck, GoldenRunner } from "../golden/types.ts";
import { SIFT_CASES, siftLikeVlfeat } from "./_sift_cases.ts";
import { daisy, type DaisyOptions } from "./daisy.ts";
import { greyPlane } from "./grey.ts";
import { hog, type HogOptions } from "./hog.ts";

const HOG_CASES: Record<string, HogOptions> = {
  hog_uoctti: { cell: 8, variant: "uoctti" },
  hog_dt: { cell: 8, variant: "dalal-triggs" },
  hog_uoctti_unit: { cell: 8, variant: "uoctti", range: 1 },
};

const DAISY_CASES: Record<string, DaisyOptions> = {
  daisy1: { step: 8, radius: 15, rings: 3, histograms: 8, orientations: 8, normalization: "l1" },
  daisy2: { step: 16, radius: 12, rings: 2, histograms: 6, orientations: 8, normalization: "l2" },
};

/** Errors allowed, by kind of value: a few units in the last place of single precision; one step of whole numbers. */
const TOLERANCE = { sift: 2e-4, whole: 1, norm: 1e-5, unit: 2e-7, position: 0 };

/** VLFeat's dense SIFT, PHOW and HOG and scikit-image's DAISY on one crop of a picture. */
export default {
  folder: "descriptors",
  async *run(dir) {
    const file = join(dir, "descriptors.safetensors");
    const recorded = await readSafetensors(file);
    const get = (name: string): StoredTensor => {
      const tensor = recorded.get(name);
      if (tensor === undefined) throw new InputError(`Cannot check "${file}": it has no tensor "${name}"`);
      return tensor;
    };
    const rgb = get("image_rgb_u8");
    const [height, width] = rgb.shape as [number, number];
    const image = { width, height, data: rgb.data as Uint8Array };
    const grey = greyPlane(image);
    yield compare("grey/rgb2gray", grey.data, get("grey_u8"), TOLERANCE.position);

    for (const [name, { grey: form, options }] of Object.entries(SIFT_CASES)) {
      const { frames, descriptors } = siftLikeVlfeat(form === "uint8" ? grey : greyPlane(image, form), options);
      const record = get(`${name}_frames`);
      const fields = record.shape[1]!;
      // Positions and bin sizes are whole or half numbers and must be equal; norms are sums in single precision.
      const field = (values: ArrayLike<number | bigint>, width: number, k: number) =>
        Array.from({ length: values.length / width }, (_, i) => Number(values[i * width + k]));
      for (const [k, label] of ["x", "y", "norm", "bin"].slice(0, fields).entries()) {
        const expected = field(record.data, fields, k);
        const scale = k === 2 ? Math.max(...expected) * TOLERANCE.norm : TOLERANCE.position;
        yield compare(`${name}/${label}`, field(frames, 4, k), { data: expected }, scale);
      }
      const whole = (options.output ?? "float") !== "float";
      yield compare(`${name}/desc`, descriptors, get(`${name}_desc`), whole ? TOLERANCE.whole : TOLERANCE.sift);
    }
    for (const [name, options] of Object.entries(HOG_CASES)) {
      yield compare(`${name}/cells`, hog(image, options).data, get(name), TOLERANCE.unit);
    }
    const unit = { ...grey, data: grey.data.map((value) => value / 255) };
    for (const [name, options] of Object.entries(DAISY_CASES)) {
      yield compare(`${name}/descriptors`, daisy(unit, options).data, get(name), TOLERANCE.unit);
    }
  },
} satisfies GoldenRunner;

function compare(
  name: string,
  ours: ArrayLike<number>,
  { data }: { readonly data: ArrayLike<number | bigint> },
  tolerance: number,
): GoldenCheck {
  if (ours.length !== data.length) {
    const note = `has ${ours.length} values where ${data.length} were recorded`;
    return { name, error: Infinity, tolerance, pass: false, note };
  }
  let error = 0, unequal = 0;
  for (let i = 0; i < data.length; i++) {
    const difference = Math.abs(ours[i]! - Number(data[i]));
    if (difference !== 0) unequal++;
    // NaN must not pass for agreement.
    if (!(difference <= error)) error = Number.isNaN(difference) ? Infinity : difference;
  }
  return { name, error, tolerance, pass: error <= tolerance, note: `${unequal} of ${data.length} values not equal` };
}
