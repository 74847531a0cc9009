/** One 4-D convolution, or rather cross-correlation, as every framework means it. */
export interface Conv4dLayer {
  /** Odd sizes along I, J, K, L. */
  readonly kernel: readonly [number, number, number, number];
  readonly inChannels: number;
  readonly outChannels: number;
  /** [out][in][k1][k2][k3][k4] */
  readonly weights: Float32Array;
  /** [out] */
  readonly bias: Float32Array;
  readonly relu: boolean;
}

/** Sizes I, J, K, L of a volume. */
export type Size4 = readonly [number, number, number, number];

/** Stride 1, zero padding that keeps the size. @param x [I][J][K][L][in] @returns [I][J][K][L][out] */
export function conv4d(x: Float32Array, size: Size4, layer: Conv4dLayer): Float32Array {
  const [I, J, K, L] = size, [k1, k2, k3, k4] = layer.kernel;
  const { inChannels, outChannels, weights, bias, relu } = layer;
  const out = new Float32Array(I * J * K * L * outChannels);
  const inside = (at: number, length: number) => at >= 0 && at < length;
  let cell = 0;
  for (let i = 0; i < I; i++) {
    for (let j = 0; j < J; j++) {
      for (let k = 0; k < K; k++) {
        for (let l = 0; l < L; l++, cell++) {
          for (let o = 0; o < outChannels; o++) {
            let sum = bias[o]!;
            for (let a = 0; a < k1; a++) {
              const y1 = i + a - (k1 >> 1);
              if (!inside(y1, I)) continue;
              for (let b = 0; b < k2; b++) {
                const y2 = j + b - (k2 >> 1);
                if (!inside(y2, J)) continue;
                for (let c = 0; c < k3; c++) {
                  const y3 = k + c - (k3 >> 1);
                  if (!inside(y3, K)) continue;
                  for (let d = 0; d < k4; d++) {
                    const y4 = l + d - (k4 >> 1);
                    if (!inside(y4, L)) continue;
                    const from = (((y1 * J + y2) * K + y3) * L + y4) * inChannels;
                    for (let n = 0; n < inChannels; n++) {
                      const w = ((((o * inChannels + n) * k1 + a) * k2 + b) * k3 + c) * k4 + d;
                      sum += x[from + n]! * weights[w]!;
                    }
                  }
                }
              }
            }
            out[cell * outChannels + o] = relu && sum < 0 ? 0 : sum;
          }
        }
      }
    }
  }
  return out;
}

/** Swaps (I, J) with (K, L). @param x [I][J][K][L][channels] @returns [K][L][I][J][channels] */
export function swapPairs(x: Float32Array, [I, J, K, L]: Size4, channels: number): Float32Array {
  const out = new Float32Array(x.length), m = I * J, n = K * L;
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < n; b++) {
      for (let c = 0; c < channels; c++) out[(b * m + a) * channels + c] = x[(a * n + b) * channels + c]!;
    }
  }
  return out;
}

/** The layers one after the other; `symmetric`: net(x) + T(net(T(x))), T being {@linkcode swapPairs}. */
export function conv4dNet(
  x: Float32Array,
  size: Size4,
  layers: readonly Conv4dLayer[],
  symmetric: boolean,
): Float32Array {
  const net = (x: Float32Array, size: Size4) => layers.reduce((x, layer) => conv4d(x, size, layer), x);
  const out = net(x, size);
  if (!symmetric) return out;
  const [I, J, K, L] = size, other: Size4 = [K, L, I, J];
  const back = swapPairs(net(swapPairs(x, size, layers[0]!.inChannels), other), other, layers.at(-1)!.outChannels);
  return out.map((value, i) => value + back[i]!);
}
