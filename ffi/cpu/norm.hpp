// What a row is divided by, shared by normalisation and by correlation's packing.
#pragma once

#include <algorithm>

#include "../common/correlate.hpp"
#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

inline float divisor(const float* x, int64_t channels, int32_t norm, float eps) {
  if (norm == kNormNone) return 1;
  V sums[4] = {};
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) {
      V v = load(x + c + u * kLanes);
      sums[u] += v * v;
    }
  }
  float sum = sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; c < channels; c++) sum += x[c] * x[c];
  if (norm == kNormRoot) return std::sqrt(sum + eps);
  float length = std::sqrt(sum);
  if (norm == kNormPlus) return length + eps;
  return length < eps ? eps : length;  // a NaN length stays NaN
}

inline void divide(const float* x, float* out, int64_t channels, float by) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) store(out + c, load(x + c) / by);
  for (; c < channels; c++) out[c] = x[c] / by;
}

}  // namespace
}  // namespace sc::SC_ISA
