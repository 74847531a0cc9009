// Convolution of one channel over two scale axes and four axes of space.
//
// A block computes a 16 x 16 tile of the last plane for four neighbouring positions of the second axis: every tile of
// input it brings into shared memory serves those four. A thread holds four rows of one column for each of them, so a
// weight that is read is used four times and a value that is read is used for as many positions as see it.
#include "../common/conv6d.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kSide = 16, kRows = 4, kPositions = 4, kThreads = kSide * kSide / kRows;

__global__ void __launch_bounds__(kThreads) conv6d_kernel(Conv6d p, int64_t tiles_k, int64_t tiles_l, int64_t groups,
                                                          int64_t blocks) {
  extern __shared__ float memory[];
  const int kh = static_cast<int>(p.k[4]), kw = static_cast<int>(p.k[5]), kv = static_cast<int>(p.k[3]);
  const int height = kSide + kh - 1, width = kSide + kw - 1;
  float *in = memory, *weights = memory + height * width;  // [height][width], [kv][kh][kw]
  const int tx = threadIdx.x % kSide, ty = threadIdx.x / kSide * kRows;
  for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
    int64_t rest = block;
    const int64_t col0 = rest % tiles_l * kSide;
    rest /= tiles_l;
    const int64_t row0 = rest % tiles_k * kSide;
    rest /= tiles_k;
    const int64_t j0 = rest % groups * kPositions;
    rest /= groups;
    const int64_t i = rest % p.size[2], scale = rest / p.size[2];
    const int64_t a = scale / p.size[1], b = scale % p.size[1];
    float acc[kPositions][kRows];
#pragma unroll
    for (int t = 0; t < kPositions; t++) {
#pragma unroll
      for (int r = 0; r < kRows; r++) acc[t][r] = p.bias;
    }
    for (int64_t da = 0; da < p.k[0]; da++) {
      const int64_t sa = a + da - p.k[0] / 2;
      if (sa < 0 || sa >= p.size[0]) continue;
      for (int64_t db = 0; db < p.k[1]; db++) {
        const int64_t sb = b + db - p.k[1] / 2;
        if (sb < 0 || sb >= p.size[1]) continue;
        for (int64_t u = 0; u < p.k[2]; u++) {
          const int64_t si = i + u - p.k[2] / 2;
          if (si < 0 || si >= p.size[2]) continue;
          __syncthreads();
          const float* from = p.weights + ((da * p.k[1] + db) * p.k[2] + u) * kv * kh * kw;
          for (int e = threadIdx.x; e < kv * kh * kw; e += kThreads) weights[e] = from[e];
          for (int64_t sj = j0 - kv / 2; sj < j0 + kPositions + kv / 2; sj++) {
            if (sj < 0 || sj >= p.size[3]) continue;
            const float* x = p.x + (((sa * p.size[1] + sb) * p.size[2] + si) * p.size[3] + sj) * p.plane;
            __syncthreads();
            for (int e = threadIdx.x; e < height * width; e += kThreads) {
              const int64_t row = row0 + e / width - kh / 2, col = col0 + e % width - kw / 2;
              const bool inside = row >= 0 && row < p.size[4] && col >= 0 && col < p.size[5];
              in[e] = inside ? x[row * p.size[5] + col] : 0.0f;
            }
            __syncthreads();
            for (int d = 0; d < kw; d++) {
              for (int c = 0; c < kh; c++) {
                float value[kRows];
#pragma unroll
                for (int r = 0; r < kRows; r++) value[r] = in[(ty + r + c) * width + tx + d];
#pragma unroll
                for (int t = 0; t < kPositions; t++) {
                  const int64_t v = sj - (j0 + t) + kv / 2;
                  if (v < 0 || v >= kv) continue;
                  const float w = weights[(v * kh + c) * kw + d];
#pragma unroll
                  for (int r = 0; r < kRows; r++) acc[t][r] = fmaf(value[r], w, acc[t][r]);
                }
              }
            }
          }
        }
      }
    }
    const int64_t col = col0 + tx;
#pragma unroll
    for (int t = 0; t < kPositions; t++) {
      if (j0 + t >= p.size[3] || col >= p.size[5]) continue;
      float* out = p.out + ((scale * p.size[2] + i) * p.size[3] + j0 + t) * p.plane + col;
#pragma unroll
      for (int r = 0; r < kRows; r++) {
        if (row0 + ty + r >= p.size[4]) continue;
        const float v = acc[t][r];
        out[(row0 + ty + r) * p.size[5]] = p.relu && !(v > 0) ? 0.0f : v;
      }
    }
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_conv6d(sc_ctx* ctx, sc_tensor* x, sc_tensor* weights, float bias, int32_t relu, sc_tensor* out) {
  return border(ctx, "sc_conv6d", [&] {
    Conv6d p = check_conv6d(ctx, x, weights, bias, relu, out);
    if (p.scales * p.positions * p.plane == 0) return;
    const int64_t tiles_k = (p.size[4] + kSide - 1) / kSide, tiles_l = (p.size[5] + kSide - 1) / kSide;
    const int64_t groups = (p.size[3] + kPositions - 1) / kPositions;
    const int64_t blocks = p.scales * p.size[2] * groups * tiles_k * tiles_l;
    const int64_t bytes =
        ((kSide + p.k[4] - 1) * (kSide + p.k[5] - 1) + p.k[3] * p.k[4] * p.k[5]) * static_cast<int64_t>(sizeof(float));
    // Kernels of 31 along three axes take 128 KB.
    cuda(cudaFuncSetAttribute(conv6d_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
         "asking for shared memory");
    conv6d_kernel<<<blocks_for(blocks, 1), kThreads, bytes, ctx->stream>>>(p, tiles_k, tiles_l, groups, blocks);
    launched("convolving");
    finish(*ctx);
  });
}
