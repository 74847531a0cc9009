// Small products with output channels in vector lanes and a few cells in registers: the core of the convolutions.
#pragma once

#include <cstddef>

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

// Numbers of cells that have a kernel of their own, as the library is compiled when it is first needed; any other number
// takes the next larger one. Those above 8 are what the usual maps (15, 20, 25, 30, 32, 40 cells) fall into.
constexpr int kSizes[] = {3, 5, 6, 8, 10, 12, 13, 15, 16};
constexpr int kMostExtra = 5;  // cells by which one is larger than the number it is taken for, at most

constexpr int kFewSizes[] = {3, 6, 12, 16};  // for what takes little of a net's time

// Kernel<kCells>::run of the size for `cells`, which is `kMost` at most; the size is told as well.
template <template <int> class Kernel, int kMost, const auto& kList = kSizes, size_t n = 0>
auto kernel_for(int64_t cells, int64_t* size = nullptr) {
  constexpr int kCells = kList[n];
  static_assert(kCells <= kMost, "kMost is one of the sizes");
  if constexpr (kCells < kMost) {
    if (cells > kCells) return kernel_for<Kernel, kMost, kList, n + 1>(cells, size);
  }
  if (size) *size = kCells;
  return &Kernel<kCells>::run;
}

// acc[cell][group] += sum over taps and q < depth of x[(cell * in) + q] * w[q][group], for `cells` of kCells cells: the
// input of the others is read and thrown away.
template <int kVectors, int kIn>
struct Spreads {
  template <int kCells>
  struct Kernel {
    static void run(const Tap* taps, int64_t count, int64_t first, int64_t in_channels, int64_t depth, int64_t cells,
                    float* acc, int64_t stride) {
      const int64_t in = kIn > 0 ? kIn : in_channels;
      V sum[kCells][kVectors] = {};
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
        if (r >= cells) break;
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++) {
          float* to = acc + r * stride + v * kLanes;
          store(to, load(to) + sum[r][v]);
        }
      }
    }
  };
};

using Spread = void (*)(const Tap*, int64_t, int64_t, int64_t, int64_t, int64_t, float*, int64_t);

template <int kVectors>
Spread spread_for(int64_t cells, int64_t in) {
  // Known strides become constants in the addresses.
  if (in == 16) return kernel_for<Spreads<kVectors, 16>::template Kernel, cells_for(kVectors)>(cells);
  if (in == 1) return kernel_for<Spreads<kVectors, 1>::template Kernel, cells_for(kVectors), kFewSizes>(cells);
  return kernel_for<Spreads<kVectors, 0>::template Kernel, cells_for(kVectors)>(cells);
}

}  // namespace
}  // namespace sc::SC_ISA
