// Convolution of one channel over two scale axes and four axes of space, zero padding, stride 1.
//
// - Rows of the last axis are copied with zeros on both sides, so that a row of results is whole vectors at shifted
//   addresses. A register tile holds some rows of the last plane; every row of input that is loaded feeds all the rows of
//   the tile that see it, with the weights of one column of the kernel in registers. Rows outside are skipped, not
//   multiplied by zero.
// - Weights tied over scales: scale offsets whose 4-D kernels are equal (CHM's groups) share one convolution of the sum of
//   their inputs, which for 3 x 3 scales is 32 convolutions where 49 are in range.
#include <algorithm>
#include <vector>

#include "../common/conv6d.hpp"
#include "isa.hpp"

SC_KERNEL(conv6d, Conv6d)

namespace sc::SC_ISA {
namespace {

// Rows x vectors of the register tile: 10 accumulators of 16 registers, or 15 of 32; up to 5 weights and a value stay
// beside them.
constexpr int kMostRows = kLanes == 16 ? 15 : 5;
constexpr int kMostCols = kLanes == 16 ? 1 : 2;

// One volume that is convolved with one 4-D kernel.
struct Term {
  const float* x;  // [I][J][K][stride]
  const float* weights;
};

struct Plan {
  const Conv6d* p;
  const Term* terms;
  int64_t count;
  int64_t stride;  // of padded rows
};

// Where a tile lies: output position (i, j), first row and column.
struct Tile {
  int64_t i, j, row, col;
};

// One column of the kernel, kTaps high. Row r of the input feeds rows r - t of the tile.
template <int kRows, int kCols, int kTaps, bool kClip>
inline void column(V (&acc)[kRows][kCols], const float* x, int64_t stride, const float* weights, int64_t step,
                   int64_t low, int64_t high) {
  V w[kTaps];
#pragma GCC unroll 5
  for (int t = 0; t < kTaps; t++) w[t] = splat(weights[t * step]);
#pragma GCC unroll 20
  for (int r = 0; r < kRows + kTaps - 1; r++) {
    if (kClip && (r < low || r >= high)) continue;
#pragma GCC unroll 2
    for (int c = 0; c < kCols; c++) {
      const V in = load(x + r * stride + c * kLanes);
#pragma GCC unroll 5
      for (int t = 0; t < kTaps; t++) {
        if (r - t >= 0 && r - t < kRows) acc[r - t][c] += w[t] * in;
      }
    }
  }
}

// Writes a tile's first rows: ReLU, and only the columns that exist.
__attribute__((noinline)) void put(const Plan& plan, const V* tile, int64_t rows, int64_t vectors, int64_t cols, float* out) {
  const int64_t width = plan.p->size[5], span = std::min<int64_t>(cols, vectors * kLanes);
  for (int64_t r = 0; r < rows; r++, out += width, tile += vectors) {
    float line[kMostCols * kLanes];
    for (int64_t c = 0; c < vectors; c++) {
      store(line + c * kLanes, plan.p->relu ? select(tile[c] > V{}, tile[c], V{}) : tile[c]);
    }
    std::memcpy(out, line, span * sizeof(float));
  }
}

// `kClip`: some rows that the tile would read, and perhaps some of its own, lie outside. They cost next to nothing, so one
// height of tiles is enough.
template <int kCols, int kTaps, bool kClip>
__attribute__((noinline)) void tile(const Plan& plan, const Tile& at, float* out, int64_t cols) {
  const Conv6d& p = *plan.p;
  const int64_t* k = p.k;
  const int64_t rows = p.size[4], stride = plan.stride, volume_row = rows * stride, step = k[5];
  V acc[kMostRows][kCols];
#pragma GCC unroll 15
  for (int r = 0; r < kMostRows; r++) {
#pragma GCC unroll 2
    for (int c = 0; c < kCols; c++) acc[r][c] = splat(p.bias);
  }
  for (int64_t n = 0; n < plan.count; n++) {
    for (int64_t u = 0; u < k[2]; u++) {
      const int64_t i = at.i + u - k[2] / 2;
      if (i < 0 || i >= p.size[2]) continue;
      for (int64_t v = 0; v < k[3]; v++) {
        const int64_t j = at.j + v - k[3] / 2;
        if (j < 0 || j >= p.size[3]) continue;
        const float* x = plan.terms[n].x + (i * p.size[3] + j) * volume_row + at.col;
        const float* w = plan.terms[n].weights + (u * k[3] + v) * k[4] * step;
        for (int64_t tap = 0; tap < k[4]; tap += kTaps) {
          const int64_t first = at.row + tap - k[4] / 2;
          const float *from = x + first * stride, *by = w + tap * step;
          for (int64_t d = 0; d < step; d++) {
            column<kMostRows, kCols, kTaps, kClip>(acc, from + d, stride, by + d, step, -first, rows - first);
          }
        }
      }
    }
  }
  V done[kMostRows][kCols];
#pragma GCC unroll 15
  for (int r = 0; r < kMostRows; r++) {
#pragma GCC unroll 2
    for (int c = 0; c < kCols; c++) done[r][c] = acc[r][c];
  }
  put(plan, done[0], std::min<int64_t>(kMostRows, rows - at.row), kCols, cols, out);
}

template <int kCols, int kTaps>
void strip_of(const Plan& plan, Tile at, float* out, int64_t cols) {
  const int64_t rows = plan.p->size[4], halo = plan.p->k[4] / 2;
  for (; at.row < rows; at.row += kMostRows, out += kMostRows * plan.p->size[5]) {
    if (at.row >= halo && at.row + kMostRows + halo <= rows) tile<kCols, kTaps, false>(plan, at, out, cols);
    else tile<kCols, kTaps, true>(plan, at, out, cols);
  }
}

template <int kCols>
void strip(const Plan& plan, const Tile& at, float* out, int64_t cols) {
  if (plan.p->k[4] % 5 == 0) strip_of<kCols, 5>(plan, at, out, cols);
  else if (plan.p->k[4] % 3 == 0) strip_of<kCols, 3>(plan, at, out, cols);
  else strip_of<kCols, 1>(plan, at, out, cols);
}

// One output plane (i, j).
void plane(const Plan& plan, int64_t i, int64_t j, float* out) {
  const int64_t width = plan.p->size[5];
  for (int64_t col = 0; col < width;) {
    const int64_t left = width - col;
    if (left > (kMostCols - 1) * kLanes) {
      strip<kMostCols>(plan, {i, j, 0, col}, out + col, left);
      col += kMostCols * kLanes;
    } else {
      strip<1>(plan, {i, j, 0, col}, out + col, left);
      col += kLanes;
    }
  }
}

// For each scale offset, the first offset with the same 4-D kernel.
void tie(const Conv6d& p, int64_t* first) {
  const int64_t offsets = p.k[0] * p.k[1];
  for (int64_t o = 0; o < offsets; o++) {
    first[o] = o;
    for (int64_t e = 0; e < o; e++) {
      if (first[e] != e) continue;
      if (std::memcmp(p.weights + o * p.taps4, p.weights + e * p.taps4, p.taps4 * sizeof(float))) continue;
      first[o] = e;
      break;
    }
  }
}

}  // namespace

void conv6d(sc_ctx& ctx, const Conv6d& p) {
  const int64_t width = p.size[5], halo = p.k[5] / 2, span = kMostCols * kLanes;
  const int64_t stride = (width + span - 1) / span * span + 2 * halo;
  const int64_t volume = p.positions * p.size[4] * stride, offsets = p.k[0] * p.k[1];
  if (p.scales * p.positions * p.plane == 0) return;
  Scratch<float> padded(ctx, p.scales * volume, "the padded volume");
  ctx.pool.run(p.scales * p.positions, [&](int64_t job, int32_t) {
    for (int64_t r = 0; r < p.size[4]; r++) {
      float* to = padded.get() + (job * p.size[4] + r) * stride;
      std::fill(to, to + stride, 0.0f);
      std::memcpy(to + halo, p.x + (job * p.size[4] + r) * width, width * sizeof(float));
    }
  });
  std::vector<int64_t> first(offsets);
  tie(p, first.data());
  int64_t sums_needed = 0;
  for (int64_t o = 0; o < offsets; o++) {
    if (first[o] == o && std::count(first.begin(), first.end(), o) > 1) sums_needed++;
  }
  Scratch<float> sums(ctx, p.scales > 1 ? sums_needed * volume : 0, "sums over tied scales");

  std::vector<Term> terms;
  std::vector<const float*> members;
  for (int64_t a = 0; a < p.size[0]; a++) {
    for (int64_t b = 0; b < p.size[1]; b++) {
      terms.clear();
      int64_t used = 0;
      for (int64_t o = 0; o < offsets; o++) {
        if (first[o] != o) continue;
        members.clear();
        for (int64_t e = o; e < offsets; e++) {
          const int64_t sa = a + e / p.k[1] - p.k[0] / 2, sb = b + e % p.k[1] - p.k[1] / 2;
          if (first[e] != o || sa < 0 || sa >= p.size[0] || sb < 0 || sb >= p.size[1]) continue;
          members.push_back(padded.get() + (sa * p.size[1] + sb) * volume);
        }
        if (members.empty()) continue;
        const float* x = members[0];
        if (members.size() > 1) {
          float* sum = sums.get() + used++ * volume;
          constexpr int64_t kGrain = 16384;
          ctx.pool.run((volume + kGrain - 1) / kGrain, [&](int64_t job, int32_t) {
            const int64_t from = job * kGrain, to = std::min(volume, from + kGrain);
            for (int64_t e = from; e < to; e++) sum[e] = members[0][e] + members[1][e];
            for (size_t m = 2; m < members.size(); m++) {
              const float* more = members[m];
              for (int64_t e = from; e < to; e++) sum[e] += more[e];
            }
          });
          x = sum;
        }
        terms.push_back({x, p.weights + o * p.taps4});
      }
      const Plan plan{&p, terms.data(), static_cast<int64_t>(terms.size()), stride};
      float* out = p.out + (a * p.size[1] + b) * p.positions * p.plane;
      ctx.pool.run(p.positions, [&](int64_t job, int32_t) {
        plane(plan, job / p.size[3], job % p.size[3], out + job * p.plane);
      });
    }
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_conv6d(sc_ctx* ctx, sc_tensor* x, sc_tensor* weights, float bias, int32_t relu, sc_tensor* out) {
  return sc::border(ctx, "sc_conv6d", [&] {
    auto p = sc::check_conv6d(ctx, x, weights, bias, relu, out);
    SC_CALL(conv6d, *ctx, p);
  });
}
#endif
