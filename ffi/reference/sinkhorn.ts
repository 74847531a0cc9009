/** What is transported, and how. */
export interface SinkhornArguments {
  /** [m][n]; a cost that is not finite forbids its match. */
  readonly cost: Float32Array;
  readonly m: number;
  readonly n: number;
  /** Mass of each row [m]; what is not positive counts as 0. */
  readonly mu: Float32Array;
  /** Mass of each column [n]; as `mu`. */
  readonly nu: Float32Array;
  /** Weight of the entropy, above 0. */
  readonly eps: number;
  readonly iterations: number;
  /** The plan is multiplied by it. */
  readonly scale: number;
}

/** `log(sum(exp(values)))`, -Infinity for none. */
function logSum(values: Float64Array): number {
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (top === -Infinity) return -Infinity;
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

/**
 * Sinkhorn iterations in the log domain: K = exp(-cost / eps), a = 1 / m; repeat b = nu / (K^T a), a = mu / (K b); the
 * plan is diag(a) K diag(b). Rows keep their mass exactly, columns as far as the iterations have converged. A row or
 * column without an allowed match moves nothing.
 *
 * @param out [m][n]
 */
export function sinkhorn({ cost, m, n, mu, nu, eps, iterations, scale }: SinkhornArguments, out: Float32Array): void {
  const x = Float64Array.from(cost, (c) => Number.isFinite(c) ? -c / eps : -Infinity);
  const log = (mass: number) => mass > 0 ? Math.log(mass) : -Infinity;
  const potential = (mass: number, values: Float64Array) => {
    const sum = logSum(values);
    return sum === -Infinity ? -Infinity : log(mass) - sum;
  };
  const la = new Float64Array(m).fill(-Math.log(m)), lb = new Float64Array(n);
  const column = new Float64Array(m), row = new Float64Array(n);
  for (let t = 0; t < iterations; t++) {
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < m; i++) column[i] = x[i * n + j]! + la[i]!;
      lb[j] = potential(nu[j]!, column);
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) row[j] = x[i * n + j]! + lb[j]!;
      la[i] = potential(mu[i]!, row);
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) out[i * n + j] = scale * Math.exp(x[i * n + j]! + la[i]! + lb[j]!);
  }
}
