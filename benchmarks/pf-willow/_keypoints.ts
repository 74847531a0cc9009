import { join } from "@std/path";
import { matRows, readMat } from "../../core/data/mat.ts";
import { exists } from "../../core/data/root.ts";
import { InputError } from "../../core/errors.ts";
import type { Pair, Points } from "../../core/types.ts";
import { stem } from "./_folders.ts";
import type { ListedPair, Picture } from "./_list.ts";

// Lists hold decimal text of fifteen digits and more; a larger difference is another annotation, not rounding.
const TOLERANCE = 1e-6;

/** The points of pairs, from the list or the .mat files; counts where both are there and differ. */
export class Keypoints {
  readonly #mats = new Map<string, Points | undefined>();
  #compared = 0;
  #different = 0;
  #worst = 0;

  constructor(private readonly folder: string, private readonly from: string) {}

  of(pair: ListedPair): Pair<Points> {
    const mats = { source: this.#mat(pair.source), target: this.#mat(pair.target) };
    if (!pair.points) return this.#needed(pair, mats);
    const listed = pair.points();
    if (mats.source && mats.target) {
      this.#compare(Math.max(difference(listed.source, mats.source), difference(listed.target, mats.target)));
    }
    return this.from === "mat" ? this.#needed(pair, mats) : listed;
  }

  notes(): string[] {
    if (this.#different === 0) return [];
    return [
      `${this.#different} of ${this.#compared} pairs have other coordinates in the list than in the .mat files ` +
      `(by up to ${this.#worst.toFixed(3)} px); those of the ${this.from} are used`,
    ];
  }

  #compare(difference: number): void {
    this.#compared++;
    if (difference > TOLERANCE) this.#different++;
    this.#worst = Math.max(this.#worst, difference);
  }

  #needed(pair: ListedPair, { source, target }: Pair<Points | undefined>): Pair<Points> {
    if (source && target) return { source, target };
    const path = this.#path(source ? pair.target : pair.source);
    throw new InputError(`${pair.where}: its keypoints are in "${path}", which does not exist`);
  }

  #path({ subset, file }: Picture): string {
    return join(this.folder, subset, `${stem(file)}.mat`);
  }

  #mat(picture: Picture): Points | undefined {
    const path = this.#path(picture);
    if (!this.#mats.has(path)) this.#mats.set(path, exists(path) ? readKeypoints(path) : undefined);
    return this.#mats.get(path);
  }
}

/** `pts_coord` of a picture, counted from 0. */
function readKeypoints(path: string): Points {
  const matrix = readMat(path).numeric("pts_coord");
  if (matrix.dims.join("x") !== "2x10") {
    throw new InputError(`Cannot read "${path}": "pts_coord" is ${matrix.dims.join("x")}, 2x10 is needed`);
  }
  if (!matrix.data.every(Number.isFinite)) {
    throw new InputError(`Cannot read "${path}": "pts_coord" holds a value that is no finite number`);
  }
  const [x, y] = matRows(matrix);
  return { n: 10, xy: Float64Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? x! : y!)[i >> 1]! - 1) };
}

function difference(a: Points, b: Points): number {
  return a.xy.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.xy[i]!)), 0);
}
