import type { Call, Engine } from "../engine.ts";
import { argmaxRows } from "../reference/argmax_rows.ts";
import { correlate as define } from "../reference/correlate.ts";
import type { Input, Tensor } from "../tensor.ts";
import { type Norm, normCode } from "./l2_normalize.ts";

/** How two sets of descriptors are compared. */
export interface CorrelateOptions {
  /** Rows of the first set wanted (repeats allowed); absent for all. */
  readonly rows?: Int32Array;
  /** Normalises both sides first; absent for plain dot products. */
  readonly norm?: Norm;
}

/** Options of the volume itself. */
export interface VolumeOptions extends CorrelateOptions {
  /** Turns negative similarities (and NaN) into 0. */
  readonly relu?: boolean;
}

function sizes(a: Input, b: Input, rows: Int32Array | undefined) {
  const [m, channels] = a.shape, [n, other] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || m === undefined || n === undefined || channels === undefined) {
    throw new RangeError(`Cannot correlate [${a.shape}] with [${b.shape}]: both need the shape [cells, channels]`);
  }
  if (channels !== other) throw new RangeError(`Cannot correlate ${channels} channels with ${other}`);
  const wrong = rows?.find((row) => row < 0 || row >= m);
  if (wrong !== undefined) throw new RangeError(`Cannot correlate row ${wrong}: the first set has ${m}`);
  return { m, n, channels, wanted: rows?.length ?? m };
}

function prepare(a: Input, b: Input, { rows, norm, relu = false }: VolumeOptions) {
  const { m, n, channels, wanted } = sizes(a, b, rows);
  const chosen = rows === undefined ? null : { data: rows, shape: [rows.length] };
  const args: Call["args"] = [a, chosen, b, normCode(norm ?? null), norm?.eps ?? 0];
  const reference = (values: (input: Input) => Float32Array, out: Float32Array) =>
    define({ a: values(a), m, b: values(b), n, channels, rows: rows ?? null, norm: norm ?? null, relu }, out);
  // Sixteen multiply-adds in vectors take about as long as one value that is touched.
  const work = wanted * n * (channels / 16 + 1) + (wanted + n) * channels;
  return { n, wanted, args, reference, work };
}

/** See {@linkcode Ops.correlate}. */
export async function correlate(engine: Engine, a: Input, b: Input, options: VolumeOptions = {}): Promise<Tensor> {
  const { wanted, n, args, reference, work } = prepare(a, b, options);
  const [out] = await engine.run({
    name: "sc_correlate",
    args: [...args, options.relu ? 1 : 0, 0],
    outputs: [{ shape: [wanted, n] }],
    work,
    reference: (values, _ints, out) => reference(values, out.float(0)),
  });
  return out!;
}

/** Two sets of descriptors. */
export interface DescriptorPair {
  readonly a: Input;
  readonly b: Input;
}

/** See {@linkcode Ops.correlateStack}. */
export async function correlateStack(
  engine: Engine,
  pairs: readonly DescriptorPair[],
  options: VolumeOptions = {},
): Promise<Tensor> {
  const calls = pairs.map(({ a, b }) => prepare(a, b, options)), first = calls[0];
  if (first === undefined || calls.some(({ wanted, n }) => wanted !== first.wanted || n !== first.n)) {
    throw new RangeError(
      `Cannot stack the correlations of ${pairs.map(({ a, b }) => `[${a.shape}] with [${b.shape}]`).join(", ")}: ` +
        "there is at least one, and all have the same cells",
    );
  }
  const size = first.wanted * first.n;
  let stack: Tensor | undefined;
  try {
    for (const [place, { args, work, reference }] of calls.entries()) {
      const given = [...args, options.relu ? 1 : 0, place], part = [place * size, (place + 1) * size] as const;
      // The first call makes the stack, the others write their place of it.
      if (stack === undefined) {
        [stack] = await engine.run({
          name: "sc_correlate",
          args: given,
          outputs: [{ shape: [calls.length, first.wanted, first.n] }],
          work,
          reference: (values, _ints, out) => reference(values, out.float(0).subarray(...part)),
        });
        continue;
      }
      const whole: Tensor = stack;
      await engine.run({
        name: "sc_correlate",
        args: [...given, whole],
        outputs: [],
        work,
        reference: (values) => reference(values, values(whole).subarray(...part)),
      });
    }
    return stack!;
  } catch (error) {
    stack?.dispose();
    throw error;
  }
}

/** The best column of each row. */
export interface Best extends Disposable {
  /** int32 [rows]; -1 where nothing in the row can win (all NaN or -Infinity). */
  readonly index: Tensor;
  /** [rows]; NaN where nothing can win. */
  readonly score: Tensor;
}

/** Two tensors freed together. */
export function bestOf(index: Tensor, score: Tensor): Best {
  return {
    index,
    score,
    [Symbol.dispose]() {
      index.dispose();
      score.dispose();
    },
  };
}

/** See {@linkcode Ops.correlateBest}. */
export async function correlateBest(engine: Engine, a: Input, b: Input, options: CorrelateOptions = {}): Promise<Best> {
  const { wanted, n, args, reference, work } = prepare(a, b, options);
  const [index, score] = await engine.run({
    name: "sc_correlate_best",
    args,
    outputs: [{ shape: [wanted], dtype: "int32" }, { shape: [wanted] }],
    work,
    reference: (values, _ints, out) => {
      const volume = new Float32Array(wanted * n);
      reference(values, volume);
      argmaxRows(volume, wanted, n, out.int(0), out.float(1));
    },
  });
  return bestOf(index!, score!);
}
