import { join } from "@std/path";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError, messageOf } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { readSafetensors } from "../../../core/golden/safetensors.ts";
import type { GoldenCheck, GoldenRunner } from "../../../core/golden/types.ts";
import { exists } from "../../../core/data/root.ts";
import { picture, pictureRoot } from "../../../core/golden/pictures.ts";
import { Registry } from "../../../core/registry.ts";
import type { Image } from "../../../core/types.ts";
import { Dsp } from "./dsp.ts";
import type { Found } from "./solver.ts";

/** A pair of `all_pairs.json`, or with more fields of `pairs.json`. */
interface PairRecord {
  index: number;
  A: string;
  B: string;
  src_xy: [number, number][];
  pred_xy: [number, number][];
  unary_sum: number;
  opt_state: number[];
  mean_match_cost: number;
  grid_size?: number;
  n_xstate?: number;
  n_ystate?: number;
  level_mean_cost?: number[];
  disp_after_grid_mean?: [number, number];
  flow_mean?: [number, number];
  flow_std?: [number, number];
}

/** Of the pairs with a short record only every sixth runs, unless SC_GOLDEN=all. */
const EVERY = 6;

/**
 * DSP on real pictures against the authors' program: states of the pyramid's nodes, costs, flow and the points moved by
 * it. Needs the PF-WILLOW pictures, as `data/PF-WILLOW` beside the folder of recorded vectors.
 *
 * Distances are sums of 128 squares in single precision, in another order than in the recordings, so two translations
 * of equal cost may change places: the field may differ at one cell in ten thousand.
 */
export default {
  folder: "dsp",
  async *run(dir) {
    const full = await readPairs(join(dir, "pairs.json"));
    const known = new Set(full.map(({ index }) => index));
    const short = (await readPairs(join(dir, "all_pairs.json"))).filter(({ index }) => !known.has(index));
    const pairs = [...full, ...short.filter((_, i) => wantsAll() || i % EVERY === 0)];
    const root = pictureRoot(dir);
    const registry = await Registry.open();
    const [config] = await resolveRuns(registry, [parseWords(["method=dsp", "run.cache_disk=0"])]);
    await using built = await buildMethod(registry, config!, () => {});
    const { method } = built;
    if (!(method instanceof Dsp)) throw new TypeError("Cannot check dsp: the plugin built another method");
    for (const pair of pairs) {
      let pictures: [Image, Image];
      try {
        pictures = [await picture(root, pair.A), await picture(root, pair.B)];
      } catch (error) {
        yield { name: `${pair.index}`, error: Infinity, tolerance: 0, pass: false, note: messageOf(error) };
        continue;
      }
      const { found } = await method.match(...pictures);
      yield* checkFound(pair, found);
      const points = pointsOf(pair.src_xy.map(([x, y]) => [x - 1, y - 1]));
      const { xy } = await method.correspond(...pictures, points);
      const errors = pair.pred_xy.map(([x, y], i) => {
        // Recorded points may lie out of the target, where this project moves them to its border.
        const inside = (v: number, n: number) => Math.min(Math.max(v, 1), n);
        const [wantX, wantY] = [inside(x, pictures[1].width), inside(y, pictures[1].height)];
        return Math.hypot(xy[2 * i]! + 1 - wantX, xy[2 * i + 1]! + 1 - wantY);
      });
      yield check(`${pair.index}/pred_xy`, Math.max(...errors), 1e-5);
      const path = join(dir, `flow_${pair.index}.safetensors`);
      if (exists(path)) yield await checkField(path, pair.index, found);
    }
  },
} satisfies GoldenRunner;

function* checkFound(pair: PairRecord, found: Found): Generator<GoldenCheck> {
  const { index } = pair;
  const differing = pair.opt_state.filter((state, node) => state !== found.states[node]).length;
  yield check(`${index}/opt_state`, differing, 0);
  yield check(`${index}/unary_sum`, Math.abs(found.unarySum - pair.unary_sum), 1e-4);
  const mean = (values: ArrayLike<number>, from = 0, step = 1) => {
    let sum = 0;
    for (let i = from; i < values.length; i += step) sum += values[i]!;
    return sum / (values.length / step);
  };
  yield check(`${index}/mean_match_cost`, Math.abs(mean(found.cost) - pair.mean_match_cost), 1e-2);
  if (pair.grid_size === undefined) return;
  const counts = Math.abs(found.step - pair.grid_size) + Math.abs(found.nx - pair.n_xstate!) +
    Math.abs(found.ny - pair.n_ystate!);
  yield check(`${index}/grid`, counts, 0);
  // Recorded with eight figures; the means are of 45,000 sums in single precision.
  const means = found.means.map((value, level) => Math.abs(value / pair.level_mean_cost![level]! - 1));
  yield check(`${index}/level_mean_cost`, Math.max(...means), 2e-6);
  for (const axis of [0, 1]) {
    const name = "xy"[axis];
    yield check(
      `${index}/disp_after_grid_mean ${name}`,
      Math.abs(mean(found.grid, axis, 2) - pair.disp_after_grid_mean![axis]!),
      1e-6,
    );
    yield check(`${index}/flow_mean ${name}`, Math.abs(mean(found.flow, axis, 2) - pair.flow_mean![axis]!), 2e-3);
  }
}

/** The one field that is recorded whole. */
async function checkField(path: string, index: number, { flow }: Found): Promise<GoldenCheck> {
  const [recorded] = (await readSafetensors(path)).values();
  const wrong = flow.length === recorded!.data.length
    ? flow.filter((v, i) => v !== recorded!.data[i]).length
    : Infinity;
  const error = wrong / flow.length;
  return { ...check(`${index}/field`, error, 1e-4), note: `${wrong} of ${flow.length} numbers differ` };
}

function check(name: string, error: number, tolerance: number): GoldenCheck {
  return { name, error, tolerance, pass: error <= tolerance };
}

/** SC_GOLDEN=all, where the environment may be read. */
function wantsAll(): boolean {
  try {
    return Deno.env.get("SC_GOLDEN") === "all";
  } catch {
    return false;
  }
}

async function readPairs(path: string): Promise<PairRecord[]> {
  try {
    return JSON.parse(await Deno.readTextFile(path)).pairs;
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
}
