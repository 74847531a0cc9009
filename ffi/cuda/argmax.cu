// Arg-max of rows, and expected positions under their soft-max: one block per row.
#include "../common/read_out.hpp"
#include "best.cuh"

namespace sc {
namespace {

constexpr int kThreads = 256;

// This thread's best of every kThreads-th value, then the block's.
__device__ void row_best(const float* x, int64_t n, int& index, float& score) {
  index = -1, score = -INFINITY;
  for (int64_t c = threadIdx.x; c < n; c += kThreads) {
    if (x[c] > score) index = static_cast<int>(c), score = x[c];
  }
  block_best(index, score);
}

__global__ void argmax_kernel(Argmax p) {
  for (int64_t r = blockIdx.x; r < p.rows; r += gridDim.x) {
    int index;
    float score;
    row_best(p.x + r * p.cols, p.cols, index, score);
    if (threadIdx.x == 0) {
      p.index[r] = index;
      p.score[r] = index < 0 ? nanf("") : score;
    }
  }
}

// Sum over the block, in a fixed order; the result is valid in thread 0.
__device__ double block_sum(double v) {
  __shared__ double sums[kThreads / 32];
  for (int o = 16; o > 0; o >>= 1) v += __shfl_down_sync(0xffffffffu, v, o);
  __syncthreads();
  if ((threadIdx.x & 31) == 0) sums[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < kThreads / 32; w++) v += sums[w];
  }
  return v;
}

__device__ float logit(const SoftArgmax& p, float value, int64_t cell, int64_t best_x, int64_t best_y) {
  const int64_t dx = cell % p.width - best_x, dy = cell / p.width - best_y;
  // An infinite value times an underflowed 0 would be NaN.
  if (p.sigma > 0 && isfinite(value)) {
    value *= expf(-static_cast<float>(dx * dx + dy * dy) / (2.0f * p.sigma * p.sigma));
  }
  const bool far = p.radius >= 0 && (dx > p.radius || -dx > p.radius || dy > p.radius || -dy > p.radius);
  // A cell that was masked before stays masked.
  return far && value > -INFINITY ? (p.masked ? -INFINITY : 0.0f) : value;
}

__global__ void soft_argmax_kernel(SoftArgmax p) {
  const int64_t cells = p.height * p.width;
  for (int64_t r = blockIdx.x; r < p.rows; r += gridDim.x) {
    const float* x = p.x + r * cells;
    int index;
    float score;
    row_best(x, cells, index, score);
    const int64_t best_x = index < 0 ? 0 : index % p.width, best_y = index < 0 ? 0 : index / p.width;
    int most_index = -1;
    float most = -INFINITY;
    for (int64_t c = threadIdx.x; c < cells; c += kThreads) {
      const float v = logit(p, x[c], c, best_x, best_y);
      if (v > most) most_index = static_cast<int>(c), most = v;
    }
    block_best(most_index, most);
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int64_t c = threadIdx.x; index >= 0 && c < cells; c += kThreads) {
      const float v = logit(p, x[c], c, best_x, best_y);
      // The greatest logit has weight 1 even where it is infinite; NaN fails both tests.
      const double weight = v == most ? 1.0 : v < most ? static_cast<double>(expf((v - most) / p.temperature)) : 0.0;
      sum += weight;
      sum_x += weight * static_cast<double>(c % p.width);
      sum_y += weight * static_cast<double>(c / p.width);
    }
    sum = block_sum(sum);
    sum_x = block_sum(sum_x);
    sum_y = block_sum(sum_y);
    if (threadIdx.x == 0) {
      p.out[2 * r] = index < 0 ? nanf("") : static_cast<float>(sum_x / sum);
      p.out[2 * r + 1] = index < 0 ? nanf("") : static_cast<float>(sum_y / sum);
    }
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_argmax(sc_ctx* ctx, sc_tensor* x, sc_tensor* index, sc_tensor* score) {
  return border(ctx, "sc_argmax", [&] {
    const Argmax p = check_argmax(ctx, x, index, score);
    if (p.rows == 0) return;
    argmax_kernel<<<blocks_for(p.rows, 1), kThreads, 0, ctx->stream>>>(p);
    launched("finding the best");
    finish(*ctx);
  });
}

extern "C" int32_t sc_soft_argmax(sc_ctx* ctx, sc_tensor* x, float temperature, float sigma, int32_t radius,
                                  int32_t masked, sc_tensor* out) {
  return border(ctx, "sc_soft_argmax", [&] {
    const SoftArgmax p = check_soft_argmax(ctx, x, temperature, sigma, radius, masked, out);
    if (p.rows == 0) return;
    soft_argmax_kernel<<<blocks_for(p.rows, 1), kThreads, 0, ctx->stream>>>(p);
    launched("reading positions");
    finish(*ctx);
  });
}
