/**
 * The largest eigenvalues of a symmetric matrix and their eigenvectors, exactly and the same every time.
 *
 * @module
 */

/** Eigenvalues, largest first, and their eigenvectors as rows of unit length. */
export interface Eigen {
  readonly values: Float64Array;
  /** [k][n] */
  readonly vectors: Float64Array;
}

/**
 * The `k` largest eigenvalues of a symmetric matrix and orthonormal eigenvectors. Signs are free; within a repeated
 * eigenvalue so is the basis, but both are the same at every call.
 *
 * Householder reflections make the matrix tridiagonal (4/3 n^3 operations), bisection finds the eigenvalues, inverse
 * iteration the eigenvectors; only the `k` wanted vectors are ever made, which matters for 1280 channels.
 *
 * @param matrix [n][n], both triangles; it is overwritten.
 */
export function topEigen(matrix: Float64Array, n: number, k: number): Eigen {
  if (matrix.length !== n * n) throw new RangeError(`Cannot take a matrix of ${matrix.length} values as ${n} x ${n}`);
  if (k > n) throw new RangeError(`Cannot find ${k} eigenvectors of a ${n} x ${n} matrix`);
  // In units of the largest entry, so that no square overflows or vanishes.
  const unit = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (unit < 1e-300) matrix.fill(0);
  else for (let i = 0; i < matrix.length; i++) matrix[i]! /= unit;
  const { diagonal, side, scales } = tridiagonal(matrix, n);
  const values = largest(diagonal, side, k);
  const vectors = inverseIteration(diagonal, side, values);
  for (let v = 0; v < k; v++) reflectBack(matrix, scales, n, vectors.subarray(v * n, (v + 1) * n));
  return { values: values.map((value) => value * unit), vectors };
}

interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array;
  /** [n]: entry i couples i and i + 1; the last is 0. */
  readonly side: Float64Array;
  /** [n]: 2 / |u|^2 of the reflection at each column; 0 where there is none. */
  readonly scales: Float64Array;
}

/** Reflections u of column i are left in row i of `a`, columns i + 1 .. n - 1. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n), side = new Float64Array(n), scales = new Float64Array(n);
  const p = new Float64Array(n);
  // What is nothing beside the largest entry, which is 1, has no direction to reflect.
  const nothing = 1e-40;
  for (let i = 0; i < n - 1; i++) {
    const row = i * n;
    diagonal[i] = a[row + i]!;
    let rest = 0;
    for (let j = i + 2; j < n; j++) rest += a[row + j]! ** 2;
    const head = a[row + i + 1]!;
    if (rest <= nothing) {
      side[i] = head;
      continue;
    }
    const length = Math.sqrt(head * head + rest);
    // Away from zero, so that nothing cancels.
    const reflected = head > 0 ? -length : length;
    side[i] = reflected;
    a[row + i + 1] = head - reflected;
    const scale = 2 / ((head - reflected) ** 2 + rest);
    scales[i] = scale;
    // p = scale A u, then A -= u q' + q u' with q = p - (scale / 2)(u.p) u.
    let dot = 0;
    for (let j = i + 1; j < n; j++) {
      let sum = 0;
      for (let c = i + 1, at = j * n + c, u = row + c; c < n; c++, at++, u++) sum += a[at]! * a[u]!;
      p[j] = scale * sum;
      dot += p[j]! * a[row + j]!;
    }
    const half = 0.5 * scale * dot;
    for (let j = i + 1; j < n; j++) p[j]! -= half * a[row + j]!;
    for (let j = i + 1; j < n; j++) {
      const uj = a[row + j]!, qj = p[j]!;
      for (let c = i + 1, at = j * n + c, u = row + c; c < n; c++, at++, u++) a[at]! -= uj * p[c]! + qj * a[u]!;
    }
  }
  diagonal[n - 1] = a[n * n - 1]!;
  return { diagonal, side, scales };
}

/** Turns an eigenvector of the tridiagonal matrix into one of the matrix it was made from. */
function reflectBack(a: Float64Array, scales: Float64Array, n: number, vector: Float64Array): void {
  for (let i = n - 2; i >= 0; i--) {
    const scale = scales[i]!;
    if (scale === 0) continue;
    let dot = 0;
    for (let j = i + 1, u = i * n + j; j < n; j++, u++) dot += a[u]! * vector[j]!;
    dot *= scale;
    for (let j = i + 1, u = i * n + j; j < n; j++, u++) vector[j]! -= dot * a[u]!;
  }
}

/** How many eigenvalues lie above x: negative pivots of T - x I count those below (Sylvester). */
function countAbove(diagonal: Float64Array, side: Float64Array, x: number, tiny: number): number {
  let above = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i === 0 ? 0 : side[i - 1]! ** 2;
    pivot = diagonal[i]! - x - (coupling === 0 ? 0 : coupling / pivot);
    if (Math.abs(pivot) < tiny) pivot = -tiny;
    if (pivot > 0) above++;
  }
  return above;
}

/** The k largest eigenvalues by bisection, to the last bits. */
function largest(diagonal: Float64Array, side: Float64Array, k: number): Float64Array {
  const n = diagonal.length;
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < n; i++) {
    const radius = Math.abs(side[i]!) + (i > 0 ? Math.abs(side[i - 1]!) : 0);
    low = Math.min(low, diagonal[i]! - radius);
    high = Math.max(high, diagonal[i]! + radius);
  }
  const scale = Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE);
  const tiny = scale * 1e-30 + Number.MIN_VALUE;
  const values = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    let a = low - scale * 1e-15, b = i === 0 ? high + scale * 1e-15 : values[i - 1]! + scale * 1e-15;
    for (let step = 0; step < 70 && b - a > scale * 2e-16; step++) {
      const middle = 0.5 * (a + b);
      if (countAbove(diagonal, side, middle, tiny) > i) a = middle;
      else b = middle;
    }
    values[i] = 0.5 * (a + b);
  }
  return values;
}

/** Unit eigenvectors of a tridiagonal matrix, each kept at right angles to those before. */
function inverseIteration(diagonal: Float64Array, side: Float64Array, values: Float64Array): Float64Array {
  const n = diagonal.length;
  const scale = diagonal.reduce((most, value, i) => Math.max(most, Math.abs(value) + Math.abs(side[i]!)), 0) || 1;
  const vectors = new Float64Array(values.length * n);
  for (let v = 0; v < values.length; v++) {
    const x = vectors.subarray(v * n, (v + 1) * n);
    // A shift of some bits keeps the matrix from being singular.
    const solve = factor(diagonal, side, values[v]! + scale * 4e-16, scale * 1e-18);
    for (let attempt = 0; attempt < 5; attempt++) {
      // Starts that follow no pattern of the matrix, another one for each vector and attempt.
      for (let i = 0; i < n; i++) x[i] = Math.sin((i + 1) * (v + 1.5 + attempt) * 0.7390851332151607) + 0.1;
      if (againstBefore(vectors, v, x) === 0) continue;
      let kept = 1;
      for (let step = 0; step < 3 && kept > 0; step++) {
        solve(x);
        kept = againstBefore(vectors, v, x);
      }
      if (kept > 0) break;
    }
  }
  return vectors;
}

/**
 * Takes out of `x` what earlier vectors hold, and scales it to length 1.
 *
 * @returns its length before, relative to what it was; 0 where nothing but rounding was left.
 */
function againstBefore(vectors: Float64Array, count: number, x: Float64Array): number {
  const n = x.length;
  const entered = scaleToUnit(x);
  if (entered === 0) return 0;
  let left = 1;
  // Twice is enough (Kahan): once leaves rounding of what was taken out.
  for (let pass = 0; pass < 2; pass++) {
    for (let v = 0; v < count; v++) {
      let dot = 0;
      for (let i = 0, at = v * n; i < n; i++, at++) dot += vectors[at]! * x[i]!;
      for (let i = 0, at = v * n; i < n; i++, at++) x[i]! -= dot * vectors[at]!;
    }
    left *= scaleToUnit(x);
  }
  return left > 1e-14 ? left : 0;
}

function scaleToUnit(x: Float64Array): number {
  // By the largest value first: solutions of nearly singular systems overflow when squared.
  let most = 0;
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i]!));
  if (!(most > 0) || !Number.isFinite(most)) return 0;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! / most) ** 2;
  const length = most * Math.sqrt(sum);
  const by = 1 / most / Math.sqrt(sum);
  for (let i = 0; i < x.length; i++) x[i]! *= by;
  return length;
}

/** Gaussian elimination of T - x I with row exchanges; gives a function that solves in place. */
function factor(diagonal: Float64Array, side: Float64Array, x: number, tiny: number): (b: Float64Array) => void {
  const n = diagonal.length;
  // Row i after elimination: d[i] at i, u[i] at i + 1, w[i] at i + 2; l[i] of row i was taken from the next row.
  const d = new Float64Array(n), u = new Float64Array(n), w = new Float64Array(n), l = new Float64Array(n);
  const swapped = new Uint8Array(n);
  let d0 = diagonal[0]! - x, u0 = n > 1 ? side[0]! : 0;
  for (let i = 0; i < n - 1; i++) {
    const below = side[i]!, d1 = diagonal[i + 1]! - x, u1 = i + 1 < n - 1 ? side[i + 1]! : 0;
    if (Math.abs(below) > Math.abs(d0)) {
      swapped[i] = 1;
      d[i] = below;
      u[i] = d1;
      w[i] = u1;
      l[i] = d0 / below;
      d0 = u0 - l[i]! * d1;
      u0 = -l[i]! * u1;
    } else {
      if (Math.abs(d0) < tiny) d0 = tiny;
      d[i] = d0;
      u[i] = u0;
      l[i] = below / d0;
      d0 = d1 - l[i]! * u0;
      u0 = u1;
    }
  }
  d[n - 1] = Math.abs(d0) < tiny ? tiny : d0;
  return (b) => {
    for (let i = 0; i < n - 1; i++) {
      if (swapped[i] === 1) {
        const top = b[i]!;
        b[i] = b[i + 1]!;
        b[i + 1] = top - l[i]! * b[i]!;
      } else b[i + 1]! -= l[i]! * b[i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let value = b[i]!;
      if (i + 1 < n) value -= u[i]! * b[i + 1]!;
      if (i + 2 < n) value -= w[i]! * b[i + 2]!;
      b[i] = value / d[i]!;
    }
  };
}
