import type { Engine } from "../engine.ts";
import { sinkhorn as define } from "../reference/sinkhorn.ts";
import type { Input, Tensor } from "../tensor.ts";

/** Numbers of the transport. */
export interface SinkhornOptions {
  /** Mass of each row [m]; absent for 1 / m each. */
  readonly mu?: Input;
  /** Mass of each column [n]; absent for 1 / n each. */
  readonly nu?: Input;
  /** Weight of the entropy, above 0: smaller is sharper. */
  readonly eps: number;
  /** Default 1, as SCOT matches. */
  readonly iterations?: number;
  /** The plan is multiplied by it. Default 1; SCOT takes the number of rows. */
  readonly scale?: number;
}

/** See {@linkcode Ops.sinkhorn}. */
export async function sinkhorn(engine: Engine, cost: Input, options: SinkhornOptions): Promise<Tensor> {
  const [m, n] = cost.shape, { eps, iterations = 1, scale = 1 } = options;
  if (cost.shape.length !== 2 || m === undefined || n === undefined) {
    throw new RangeError(`Cannot transport over [${cost.shape}]: the cost has the shape [rows, columns]`);
  }
  if (!(eps > 0)) throw new RangeError(`Cannot transport with eps ${eps}: it is above 0`);
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > 1e5) {
    throw new RangeError(`Cannot run ${iterations} iterations: a whole number from 1 to 100000`);
  }
  const masses = (given: Input | undefined, count: number, name: string): Input => {
    if (given === undefined) return { data: new Float32Array(count).fill(1 / count), shape: [count] };
    if (given.shape.length === 1 && given.shape[0] === count) return given;
    throw new RangeError(`Cannot transport with ${name} [${given.shape}]: the cost needs ${count} masses`);
  };
  const mu = masses(options.mu, m, "mu"), nu = masses(options.nu, n, "nu");
  const [out] = await engine.run({
    name: "sc_sinkhorn",
    args: [cost, mu, nu, eps, iterations, scale],
    outputs: [{ shape: [m, n] }],
    // An exponential is about ten multiply-adds.
    work: m * n * (20 * iterations + 10),
    reference: (values, _ints, out) => {
      const given = { cost: values(cost), m, n, mu: values(mu), nu: values(nu) };
      define({ ...given, eps: Math.fround(eps), iterations, scale: Math.fround(scale) }, out.float(0));
    },
  });
  return out!;
}
