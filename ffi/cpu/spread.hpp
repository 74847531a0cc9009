// Small products with output channels in vector lanes and a few cells in registers: the core of the convolutions.
#pragma once

#include <array>
#include <utility>

#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

// One tap in range: the padded input row it reads and its weights.
struct Tap {
  const float* x;
  const float* w;
};

constexpr int kGroup = 16;  // output channels of a block of weights; 8 where that is enough
constexpr int kRegisters = kLanes == 16 ? 16 : 12;

// Cells of a row held in registers for a group of `vectors` vectors.
constexpr int cells_for(int vectors) { return kRegisters / vectors; }

// acc[cell][group] += sum over taps and q < depth of x[(cell * in) + q] * w[q][group]
template <int kCells, int kVectors, int kIn, int kDepth>
void spread(const Tap* taps, int64_t count, int64_t first, int64_t in_channels, int64_t any_depth,
            float* acc, int64_t stride) {
  const int64_t depth = kDepth > 0 ? kDepth : any_depth;
  const int64_t in = kIn > 0 ? kIn : in_channels;
  V sum[kCells][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kCells; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sum[r][v] = load(acc + r * stride + v * kLanes);
  }
  for (int64_t t = 0; t < count; t++) {
    const float* x = taps[t].x + first;
    const float* w = taps[t].w;
    for (int64_t q = 0; q < depth; q++, w += kVectors * kLanes) {
      V weight[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) weight[v] = load(w + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < kCells; r++) {
        V value = splat(x[r * in + q]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++) sum[r][v] += value * weight[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kCells; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) store(acc + r * stride + v * kLanes, sum[r][v]);
  }
}

using Spread = void (*)(const Tap*, int64_t, int64_t, int64_t, int64_t, float*, int64_t);

template <int kVectors, int kIn, int kDepth, size_t... kCells>
constexpr std::array<Spread, sizeof...(kCells)> spread_row(std::index_sequence<kCells...>) {
  return {spread<static_cast<int>(kCells) + 1, kVectors, kIn, kDepth>...};
}
template <int kVectors, int kIn, int kDepth>
Spread spread_of(int64_t cells) {
  static constexpr auto table = spread_row<kVectors, kIn, kDepth>(std::make_index_sequence<cells_for(kVectors)>());
  return table[cells - 1];
}
template <int kVectors>
Spread spread_for(int64_t cells, int64_t in, int64_t depth) {
  // Known strides become constants in the addresses, known short depths are unrolled.
  if (in == 16) return spread_of<kVectors, 16, 0>(cells);
  if (in == 1 && depth == 3) return spread_of<kVectors, 1, 3>(cells);
  if (in == 1 && depth == 5) return spread_of<kVectors, 1, 5>(cells);
  return spread_of<kVectors, 0, 0>(cells);
}

}  // namespace
}  // namespace sc::SC_ISA
