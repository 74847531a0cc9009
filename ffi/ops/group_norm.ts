import type { Engine } from "../engine.ts";
import { type Activation, groupNorm as define, type GroupNormWeights } from "../reference/group_norm.ts";
import { type Input, sizeOf, type Tensor } from "../tensor.ts";

/** What happens to every value, in this order. */
export interface GroupNormOptions {
  /** Absent: no norm. */
  readonly norm?: GroupNormWeights<Input>;
  /** Default `none`. */
  readonly activation?: Activation;
  /** Added at the end; the shape of x. */
  readonly add?: Input;
}

/** See {@linkcode Ops.groupNorm}. */
export async function groupNorm(engine: Engine, x: Input, options: GroupNormOptions): Promise<Tensor> {
  const { norm, activation = "none", add = null } = options;
  const [batch, channels, ...rest] = x.shape;
  if (batch === undefined || channels === undefined) {
    throw new RangeError(`Cannot normalise [${x.shape}]: the shape is [batch, channels, ...]`);
  }
  if (norm !== undefined) {
    const { groups, weight, bias } = norm;
    const fits = [weight, bias].every(({ shape }) => shape.length === 1 && shape[0] === channels);
    if (!fits || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw new RangeError(
        `Cannot normalise ${channels} channels in ${groups} groups by weights [${weight.shape}] and [${bias.shape}]: ` +
          "groups divide the channels, and weights are one per channel",
      );
    }
  }
  if (add !== null && (add.shape.length !== x.shape.length || add.shape.some((side, i) => side !== x.shape[i]))) {
    throw new RangeError(`Cannot add [${add.shape}] to [${x.shape}]: the shapes are the same`);
  }
  const cells = sizeOf(rest),
    [out] = await engine.run({
      name: "sc_group_norm",
      args: [
        x,
        norm?.weight ?? null,
        norm?.bias ?? null,
        norm?.groups ?? 0,
        norm?.eps ?? 0,
        { none: 0, relu: 1, gelu: 2 }[activation],
        add,
      ],
      outputs: [{ shape: x.shape }],
      work: sizeOf(x.shape) * 4,
      reference: (values, _ints, out) => {
        const given = norm === undefined ? null : { ...norm, weight: values(norm.weight), bias: values(norm.bias) };
        const extra = add === null ? null : values(add);
        define(values(x), [batch, channels, cells], given, activation, extra, out.float(0));
      },
    });
  return out!;
}
