// What a row is divided by, for a whole warp.
#pragma once

#include "../common/correlate.hpp"
#include "ctx.cuh"

namespace sc {

__device__ inline float warp_sum(float v) {
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  return v;
}

// All 32 lanes call it with the same row; all get the divisor.
__device__ inline float row_divisor(const float* x, int64_t channels, int norm, float eps) {
  if (norm == kNormNone) return 1.0f;
  float sum = 0;
  for (int64_t c = threadIdx.x & 31; c < channels; c += 32) sum += x[c] * x[c];
  sum = warp_sum(sum);
  if (norm == kNormRoot) return sqrtf(sum + eps);
  float length = sqrtf(sum);
  if (norm == kNormPlus) return length + eps;
  return length < eps ? eps : length;  // a NaN length stays NaN
}

}  // namespace sc
