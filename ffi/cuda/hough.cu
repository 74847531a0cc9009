// Regularised Hough matching: votes are counted in double precision (so that the order of the atomics does not show), in
// shared memory where the space fits.
#include "../common/hough.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

// As the definition rounds: one addition, one division. -1 outside.
__device__ inline int64_t bin_of(const Hough& p, int64_t pair) {
  const int64_t i = pair / p.n, j = pair - i * p.n;
  const float x = __fdiv_rn(__fadd_rn(p.source[2 * i], p.target[2 * j]), p.cell);
  const float y = __fdiv_rn(__fadd_rn(p.source[2 * i + 1], p.target[2 * j + 1]), p.cell);
  if (!(x > -1.0f && x < static_cast<float>(p.nx) && y > -1.0f && y < static_cast<float>(p.ny))) return -1;
  return static_cast<int64_t>(x) + static_cast<int64_t>(y) * p.nx;
}

__global__ void count_kernel(Hough p, double* space, bool shared) {
  extern __shared__ double own[];
  double* to = shared ? own : space;
  if (shared) {
    for (int64_t b = threadIdx.x; b < p.bins; b += blockDim.x) own[b] = 0;
    __syncthreads();
  }
  const int64_t count = p.m * p.n, step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const float vote = p.votes[i];
    const int64_t bin = bin_of(p, i);
    if (bin >= 0 && vote - vote == 0 && vote != 0) atomicAdd(to + bin, static_cast<double>(vote));
  }
  if (!shared) return;
  __syncthreads();
  for (int64_t b = threadIdx.x; b < p.bins; b += blockDim.x) {
    if (own[b] != 0) atomicAdd(space + b, own[b]);
  }
}

__global__ void smooth_kernel(Hough p, const double* space) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t b = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; b < p.bins; b += step) {
    const int64_t y = b / p.nx, x = b - y * p.nx;
    double sum = 0;
    for (int64_t v = 0; v < p.fy; v++) {
      const int64_t from = y + v - p.fy / 2;
      if (from < 0 || from >= p.ny) continue;
      for (int64_t u = 0; u < p.fx; u++) {
        const int64_t col = x + u - p.fx / 2;
        if (col >= 0 && col < p.nx) sum += space[from * p.nx + col] * p.filter[v * p.fx + u];
      }
    }
    p.space[b] = static_cast<float>(sum);
  }
}

__global__ void confidence_kernel(Hough p) {
  const int64_t count = p.m * p.n, step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const int64_t bin = bin_of(p, i);
    p.confidence[i] = p.votes[i] * (bin >= 0 ? p.space[bin] : 0.0f);
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_hough(sc_ctx* ctx, sc_tensor* votes, sc_tensor* source, sc_tensor* target, float cell, int32_t nx,
                            int32_t ny, sc_tensor* filter, sc_tensor* confidence, sc_tensor* space) {
  return border(ctx, "sc_hough", [&] {
    Hough p = check_hough(ctx, votes, source, target, cell, nx, ny, filter, confidence, space);
    Scratch<double> counts(*ctx, p.bins, "Hough space");
    const int64_t bytes = p.bins * static_cast<int64_t>(sizeof(double)), pairs = p.m * p.n;
    cuda(cudaMemsetAsync(counts.get(), 0, bytes, ctx->stream), "clearing the Hough space");
    // 96 KB leave room for two blocks on an sm_80.
    const bool shared = bytes <= 96 * 1024;
    if (pairs > 0) {
      if (shared) {
        cuda(cudaFuncSetAttribute(count_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
             "asking for shared memory");
      }
      const unsigned blocks = shared ? static_cast<unsigned>(ctx->processors * 2) : blocks_for(pairs, 512);
      count_kernel<<<blocks, 512, shared ? bytes : 0, ctx->stream>>>(p, counts.get(), shared);
      launched("voting");
    }
    smooth_kernel<<<blocks_for(p.bins, 256), 256, 0, ctx->stream>>>(p, counts.get());
    launched("smoothing votes");
    if (pairs > 0) {
      confidence_kernel<<<blocks_for(pairs, 256), 256, 0, ctx->stream>>>(p);
      launched("weighing votes");
    }
    finish(*ctx);
  });
}
