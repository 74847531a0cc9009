// Arg-max that keeps the rules: ties to the lowest index, NaN never wins, no number at all gives -1 and NaN.
#pragma once

#include <cmath>
#include <limits>

#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

struct Best {
  int32_t index = -1;
  float score = std::numeric_limits<float>::quiet_NaN();
  // `later` holds only indices above this one's.
  void merge(const Best& later) {
    if (later.index >= 0 && (index < 0 || later.score > score)) *this = later;
  }
};

// Best of x[0..n), indices counted from `first`.
inline Best best_of(const float* x, int64_t n, int64_t first) {
  Best best;
  int64_t c = 0;
  if (n >= 2 * kLanes) {
    V score = splat(best.score);
    VI index = VI{} - 1, at = lane_indices() + static_cast<int32_t>(first);
    for (; c + kLanes <= n; c += kLanes, at += kLanes) {
      V v = load(x + c);
      // `!(v <= score)` is also true while score is still NaN; v == v keeps NaN out.
      VI wins = ~(v <= score) & (v == v);
      score = select(wins, v, score);
      index = select(wins, at, index);
    }
    for (int l = 0; l < kLanes; l++) {
      if (index[l] < 0) continue;
      bool wins = best.index < 0 || score[l] > best.score || (score[l] == best.score && index[l] < best.index);
      if (wins) best = {index[l], score[l]};
    }
  }
  for (; c < n; c++) {
    if (x[c] == x[c] && (best.index < 0 || x[c] > best.score)) best = {static_cast<int32_t>(first + c), x[c]};
  }
  return best;
}

}  // namespace
}  // namespace sc::SC_ISA
