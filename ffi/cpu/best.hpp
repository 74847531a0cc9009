// Arg-max that keeps the rules: ties to the lowest index, NaN and -infinity never win, nothing at all gives -1 and NaN.
#pragma once

#include <cmath>
#include <limits>

#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

struct Best {
  int32_t index = -1;
  float score = kLowest;
  // `later` holds only indices above this one's.
  void merge(const Best& later) {
    if (later.score > score) *this = later;
  }
  // What the caller is told.
  float told() const { return index < 0 ? std::numeric_limits<float>::quiet_NaN() : score; }
};

// Best of x[0..n), indices counted from `first`.
inline Best best_of(const float* x, int64_t n, int64_t first) {
  Best best;
  int64_t c = 0;
  if (n >= 2 * kLanes) {
    V score = splat(kLowest);
    VI index = VI{} - 1, at = lane_indices() + static_cast<int32_t>(first);
    for (; c + kLanes <= n; c += kLanes, at += kLanes) {
      V v = load(x + c);
      VI wins = v > score;
      score = select(wins, v, score);
      index = select(wins, at, index);
    }
    for (int l = 0; l < kLanes; l++) {
      bool wins = score[l] > best.score || (index[l] >= 0 && score[l] == best.score && index[l] < best.index);
      if (wins) best = {index[l], score[l]};
    }
  }
  for (; c < n; c++) {
    if (x[c] > best.score) best = {static_cast<int32_t>(first + c), x[c]};
  }
  return best;
}

}  // namespace
}  // namespace sc::SC_ISA
