// Mutual nearest-neighbour filter: largest values of rows and columns, then one pass that multiplies.
#include "../common/mutual.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kStrip = 128;  // rows that one block reads for its columns

__device__ inline float divisor(float most, const Mutual& p) {
  if (p.only_zero) return most == 0.0f ? p.eps : most;
  return most + p.eps;
}

// One block per row.
__global__ void rows_kernel(Mutual p, float* rows) {
  __shared__ float warps[32];
  for (int64_t r = blockIdx.x; r < p.m; r += gridDim.x) {
    const float* x = p.x + r * p.n;
    float most = -INFINITY;
    for (int64_t c = threadIdx.x; c < p.n; c += blockDim.x) most = x[c] > most ? x[c] : most;
    for (int o = 16; o > 0; o >>= 1) {
      const float other = __shfl_xor_sync(0xffffffffu, most, o);
      most = other > most ? other : most;
    }
    if ((threadIdx.x & 31) == 0) warps[threadIdx.x / 32] = most;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (unsigned w = 1; w < blockDim.x / 32; w++) most = warps[w] > most ? warps[w] : most;
      rows[r] = divisor(most, p);
    }
    __syncthreads();
  }
}

// Neighbouring threads take neighbouring columns; a block takes a strip of rows. parts: [strips][n]
__global__ void columns_kernel(Mutual p, float* parts) {
  const int64_t c = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c >= p.n) return;
  for (int64_t strip = blockIdx.y; strip * kStrip < p.m; strip += gridDim.y) {
    const int64_t end = (strip + 1) * kStrip < p.m ? (strip + 1) * kStrip : p.m;
    float most = -INFINITY;
    for (int64_t r = strip * kStrip; r < end; r++) {
      const float v = p.x[r * p.n + c];
      most = v > most ? v : most;
    }
    parts[strip * p.n + c] = most;
  }
}

__global__ void join_kernel(Mutual p, const float* parts, int64_t strips, float* columns) {
  for (int64_t c = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; c < p.n;
       c += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    float most = -INFINITY;
    for (int64_t s = 0; s < strips; s++) most = parts[s * p.n + c] > most ? parts[s * p.n + c] : most;
    columns[c] = divisor(most, p);
  }
}

__global__ void apply_kernel(Mutual p, const float* rows, const float* columns) {
  const int64_t count = p.m * p.n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const float v = p.x[i];
    p.out[i] = v * ((v / rows[i / p.n]) * (v / columns[i % p.n]));
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_mutual(sc_ctx* ctx, sc_tensor* x, int32_t only_zero, float eps, sc_tensor* out) {
  return border(ctx, "sc_mutual", [&] {
    const Mutual p = check_mutual(ctx, x, only_zero, eps, out);
    if (p.m == 0 || p.n == 0) return;
    const int64_t strips = (p.m + kStrip - 1) / kStrip, tiles = (p.n + 255) / 256;
    Scratch<float> rows(*ctx, p.m, "row maxima"), columns(*ctx, p.n, "column maxima");
    Scratch<float> parts(*ctx, strips * p.n, "column maxima");
    rows_kernel<<<blocks_for(p.m, 1), 256, 0, ctx->stream>>>(p, rows.get());
    launched("row maxima");
    const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(strips < 65535 ? strips : 65535));
    columns_kernel<<<grid, 256, 0, ctx->stream>>>(p, parts.get());
    launched("column maxima");
    join_kernel<<<blocks_for(p.n, 256), 256, 0, ctx->stream>>>(p, parts.get(), strips, columns.get());
    launched("column maxima");
    apply_kernel<<<blocks_for(p.m * p.n, 256), 256, 0, ctx->stream>>>(p, rows.get(), columns.get());
    launched("filtering");
    finish(*ctx);
  });
}
