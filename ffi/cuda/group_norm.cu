// Group norm, activation and sum: a block per group finds mean and variance, then one pass writes.
#include "../common/group_norm.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kThreads = 512;

// The sum over the block, in every thread.
__device__ inline double block_sum(double v) {
  __shared__ double warps[kThreads / 32];
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  if ((threadIdx.x & 31) == 0) warps[threadIdx.x / 32] = v;
  __syncthreads();
  double sum = 0;
  for (int w = 0; w < kThreads / 32; w++) sum += warps[w];
  __syncthreads();
  return sum;
}

// stats: [sets][2], mean and 1 / sqrt(variance + eps).
__global__ void stats_kernel(GroupNorm p, double* stats) {
  const int64_t sets = p.batch * p.groups, size = p.channels / p.groups * p.cells;
  for (int64_t set = blockIdx.x; set < sets; set += gridDim.x) {
    const float* x = p.x + set * size;
    double sum = 0, squares = 0;
    for (int64_t i = threadIdx.x; i < size; i += blockDim.x) sum += x[i];
    const double mean = block_sum(sum) / static_cast<double>(size);
    for (int64_t i = threadIdx.x; i < size; i += blockDim.x) {
      const double d = x[i] - mean;
      squares += d * d;
    }
    const double variance = block_sum(squares) / static_cast<double>(size);
    if (threadIdx.x == 0) {
      stats[2 * set] = mean;
      stats[2 * set + 1] = 1 / sqrt(variance + p.eps);
    }
  }
}

__global__ void apply_kernel(GroupNorm p, const double* stats) {
  const int64_t count = p.batch * p.channels * p.cells;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    float v = p.x[i];
    if (p.groups) {
      const int64_t plane = i / p.cells, c = plane % p.channels;
      const int64_t set = plane / p.channels * p.groups + c / (p.channels / p.groups);
      v = static_cast<float>((v - stats[2 * set]) * stats[2 * set + 1]) * p.weight[c] + p.bias[c];
    }
    if (p.activation == kRelu) v = v > 0 ? v : 0.0f;
    if (p.activation == kGelu) v = 0.5f * v * (1.0f + erff(v * 0.70710678f));
    p.out[i] = p.add ? p.add[i] + v : v;
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_group_norm(sc_ctx* ctx, sc_tensor* x, sc_tensor* weight, sc_tensor* bias, int32_t groups, float eps,
                                 int32_t activation, sc_tensor* add, sc_tensor* out) {
  return border(ctx, "sc_group_norm", [&] {
    const GroupNorm p = check_group_norm(ctx, x, weight, bias, groups, eps, activation, add, out);
    if (p.batch * p.channels * p.cells == 0) return;
    Scratch<double> stats(*ctx, 2 * p.batch * p.groups, "means and variances");
    if (p.groups) {
      stats_kernel<<<blocks_for(p.batch * p.groups, 1), kThreads, 0, ctx->stream>>>(p, stats.get());
      launched("means and variances");
    }
    apply_kernel<<<blocks_for(p.batch * p.channels * p.cells, 256), 256, 0, ctx->stream>>>(p, stats.get());
    launched("normalising");
    finish(*ctx);
  });
}
