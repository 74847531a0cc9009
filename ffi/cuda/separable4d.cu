// Separable 4-D convolution. A thread computes eight output channels of one position, so that each value it reads serves
// eight sums; neighbouring threads are neighbouring target positions. The weights of a slab of input channels lie in
// shared memory.
#include "../common/separable4d.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kOut = 8, kThreads = 128, kSlab = 512;

// Largest value of every window of one pair; NaN is left out while there is a number.
// x: [maps][size...], the pair pooled by `s0`, `s1`; `first` pools axes 0 and 1.
__global__ void pool_kernel(const float* x, int64_t maps, int64_t I, int64_t J, int64_t K, int64_t L, int64_t s0,
                            int64_t s1, bool first, float* out) {
  const int64_t oI = first ? (I + s0 - 1) / s0 : I, oJ = first ? (J + s1 - 1) / s1 : J;
  const int64_t oK = first ? K : (K + s0 - 1) / s0, oL = first ? L : (L + s1 - 1) / s1;
  const int64_t count = maps * oI * oJ * oK * oL, step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; e < count; e += step) {
    int64_t rest = e;
    const int64_t l = rest % oL;
    rest /= oL;
    const int64_t k = rest % oK;
    rest /= oK;
    const int64_t j = rest % oJ;
    rest /= oJ;
    const int64_t i = rest % oI, map = rest / oI;
    float best = nanf("");
    for (int64_t u = 0; u < s0; u++) {
      for (int64_t v = 0; v < s1; v++) {
        const int64_t pi = first ? i * s0 + u : i, pj = first ? j * s1 + v : j;
        const int64_t pk = first ? k : k * s0 + u, pl = first ? l : l * s1 + v;
        if (pi >= I || pj >= J || pk >= K || pl >= L) continue;
        const float value = x[(((map * I + pi) * J + pj) * K + pk) * L + pl];
        if (value > best || best != best) best = value;
      }
    }
    out[e] = best;
  }
}

struct Branch {
  const float* x;  // [batch][in][I][J][K][L], the other pair already pooled
  const float *weights, *bias;
  int64_t batch, in, outputs, size[4], out_size[4], kh, kw, sh, sw;
  bool first, add;  // convolves axes 0 and 1, else 2 and 3; adds to out
  float* out;
};

__global__ void __launch_bounds__(kThreads) branch_kernel(Branch p, int64_t places) {
  __shared__ float weights[kSlab][kOut];
  const int taps = static_cast<int>(p.kh * p.kw);
  const int64_t tiles = (p.outputs + kOut - 1) / kOut, groups = (places + kThreads - 1) / kThreads;
  const int64_t cells_in = p.size[0] * p.size[1] * p.size[2] * p.size[3];
  const int64_t rest_taps = p.in * taps;
  for (int64_t block = blockIdx.x; block < groups * tiles * p.batch; block += gridDim.x) {
    const int64_t o0 = block % tiles * kOut, group = block / tiles % groups, n = block / tiles / groups;
    const int64_t place = group * kThreads + threadIdx.x;
    int64_t rest = place;
    const int64_t l = rest % p.out_size[3];
    rest /= p.out_size[3];
    const int64_t k = rest % p.out_size[2];
    rest /= p.out_size[2];
    const int64_t j = rest % p.out_size[1], i = rest / p.out_size[1];
    const int64_t y = (p.first ? i : k) * p.sh - p.kh / 2, x = (p.first ? j : l) * p.sw - p.kw / 2;
    const int64_t height = p.first ? p.size[0] : p.size[2], width = p.first ? p.size[1] : p.size[3];
    const int64_t row_step = p.first ? p.size[1] * p.size[2] * p.size[3] : p.size[3];
    const int64_t col_step = p.first ? p.size[2] * p.size[3] : 1;
    const int64_t base = p.first ? k * p.size[3] + l : (i * p.size[1] + j) * p.size[2] * p.size[3];
    const float* from = p.x + n * p.in * cells_in + base;
    float acc[kOut] = {};
    for (int64_t slab = 0; slab < rest_taps; slab += kSlab) {
      const int64_t count = min(static_cast<int64_t>(kSlab), rest_taps - slab);
      __syncthreads();
      for (int64_t e = threadIdx.x; e < count * kOut; e += kThreads) {
        const int64_t o = o0 + e % kOut;
        weights[e / kOut][e % kOut] = o < p.outputs ? p.weights[o * rest_taps + slab + e / kOut] : 0.0f;
      }
      __syncthreads();
      if (place >= places) continue;
      for (int64_t e = 0; e < count; e++) {
        const int64_t tap = (slab + e) % taps, c = (slab + e) / taps;
        const int64_t row = y + tap / p.kw, col = x + tap % p.kw;
        if (row < 0 || row >= height || col < 0 || col >= width) continue;
        const float value = from[c * cells_in + row * row_step + col * col_step];
#pragma unroll
        for (int t = 0; t < kOut; t++) acc[t] = fmaf(value, weights[e][t], acc[t]);
      }
    }
    if (place >= places) continue;
#pragma unroll
    for (int t = 0; t < kOut; t++) {
      if (o0 + t >= p.outputs) break;
      float* out = p.out + (n * p.outputs + o0 + t) * places + place;
      const float value = acc[t] + p.bias[o0 + t];
      *out = p.add ? *out + value : value;
    }
  }
}

void run(sc_ctx& ctx, const Separable4d& p) {
  const int64_t places = p.out_size[0] * p.out_size[1] * p.out_size[2] * p.out_size[3], maps = p.batch * p.in;
  if (p.batch * p.outputs * places == 0) return;
  const int64_t pooled_target = maps * p.size[0] * p.size[1] * p.out_size[2] * p.out_size[3];
  const int64_t pooled_source = maps * p.out_size[0] * p.out_size[1] * p.size[2] * p.size[3];
  const bool pools[2] = {p.stride[2] * p.stride[3] > 1, p.stride[0] * p.stride[1] > 1};
  Scratch<float> pooled(ctx, std::max(pools[0] ? pooled_target : 0, pools[1] ? pooled_source : 0), "the pooled volume");
  for (int b = 0; b < 2; b++) {
    const bool first = b == 0;
    Branch branch{p.x, p.weights[b], p.bias[b], p.batch, p.in, p.outputs, {}, {}, p.k[2 * b], p.k[2 * b + 1],
                  p.stride[2 * b], p.stride[2 * b + 1], first, !first, p.out};
    for (int a = 0; a < 4; a++) {
      branch.size[a] = a / 2 == b ? p.size[a] : p.out_size[a];
      branch.out_size[a] = p.out_size[a];
    }
    if (pools[b]) {
      const int64_t count = first ? pooled_target : pooled_source;
      pool_kernel<<<blocks_for(count, 256), 256, 0, ctx.stream>>>(
          p.x, maps, p.size[0], p.size[1], p.size[2], p.size[3], p.stride[first ? 2 : 0], p.stride[first ? 3 : 1], !first,
          pooled.get());
      launched("pooling");
      branch.x = pooled.get();
    }
    const int64_t blocks = (places + kThreads - 1) / kThreads * ((p.outputs + kOut - 1) / kOut) * p.batch;
    branch_kernel<<<blocks_for(blocks, 1), kThreads, 0, ctx.stream>>>(branch, places);
    launched("convolving");
  }
  finish(ctx);
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_separable4d(sc_ctx* ctx, sc_tensor* x, sc_tensor* source_weights, sc_tensor* source_bias,
                                  sc_tensor* target_weights, sc_tensor* target_bias, const int32_t* strides,
                                  sc_tensor* out) {
  return border(ctx, "sc_separable4d", [&] {
    run(*ctx, check_separable4d(ctx, x, source_weights, source_bias, target_weights, target_bias, strides, out));
  });
}
