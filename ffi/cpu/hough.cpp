// Regularised Hough matching. The bin of a pair is cheaper to compute twice than to keep: once to count votes, once to
// read the smoothed count. Rows are split into a fixed number of parts with a histogram each, joined in order, so that
// the sums do not depend on the number of threads.
#include <algorithm>

#include "../common/hough.hpp"
#include "isa.hpp"

SC_KERNEL(hough, Hough)

namespace sc::SC_ISA {
namespace {

constexpr int64_t kParts = 16, kChunk = 1024;

// Bins of a source offset with targets [first, first + count); `none` where the pair falls outside. Rounded as the
// definition: one addition, one division, both in float32.
void bins_of(const Hough& p, float sx, float sy, const float* tx, const float* ty, int64_t count, int32_t none,
             int32_t* bins) {
  const V wide = splat(static_cast<float>(p.nx)), high = splat(static_cast<float>(p.ny)), by = splat(p.cell);
  for (int64_t j = 0; j < count; j += kLanes) {
    V x = (splat(sx) + load(tx + j)) / by, y = (splat(sy) + load(ty + j)) / by;
    VI inside = (x > splat(-1.0f)) & (x < wide) & (y > splat(-1.0f)) & (y < high);
    VI column = __builtin_convertvector(select(inside, x, V{}), VI);
    VI row = __builtin_convertvector(select(inside, y, V{}), VI);
    VI bin = select(inside, column + row * static_cast<int32_t>(p.nx), VI{} + none);
    std::memcpy(bins + j, &bin, sizeof bin);
  }
}

}  // namespace

void hough(sc_ctx& ctx, const Hough& p) {
  const int64_t bins = p.bins, padded = (p.n + kLanes - 1) / kLanes * kLanes + kChunk;
  // Coordinates apart and padded, so that whole vectors may be read.
  Scratch<float> tx(ctx, padded, "targets"), ty(ctx, padded, "targets");
  std::fill(tx.get(), tx.get() + padded, 0.0f);
  std::fill(ty.get(), ty.get() + padded, 0.0f);
  for (int64_t j = 0; j < p.n; j++) tx[j] = p.target[2 * j], ty[j] = p.target[2 * j + 1];

  const int64_t parts = std::min(kParts, std::max<int64_t>(1, p.m)), none = bins;
  // One bin more takes the votes from outside: no branch in the loop.
  Scratch<double> counts(ctx, parts * (bins + 1), "Hough space");
  const auto each_chunk = [&](int64_t part, const auto& work) {
    int32_t at[kChunk + kLanes];
    for (int64_t i = p.m * part / parts; i < p.m * (part + 1) / parts; i++) {
      for (int64_t first = 0; first < p.n; first += kChunk) {
        const int64_t count = std::min(kChunk, p.n - first);
        bins_of(p, p.source[2 * i], p.source[2 * i + 1], tx.get() + first, ty.get() + first, count,
                static_cast<int32_t>(none), at);
        work(i * p.n + first, count, at);
      }
    }
  };
  ctx.pool.run(parts, [&](int64_t part, int32_t) {
    double* own = counts.get() + part * (bins + 1);
    std::fill(own, own + bins + 1, 0.0);
    each_chunk(part, [&](int64_t first, int64_t count, const int32_t* at) {
      const float* votes = p.votes + first;
      for (int64_t j = 0; j < count; j++) own[at[j]] += votes[j] - votes[j] == 0 ? votes[j] : 0.0f;
    });
  });
  for (int64_t part = 1; part < parts; part++) {
    for (int64_t b = 0; b < bins; b++) counts[b] += counts[part * (bins + 1) + b];
  }
  for (int64_t y = 0; y < p.ny; y++) {
    for (int64_t x = 0; x < p.nx; x++) {
      double sum = 0;
      for (int64_t v = 0; v < p.fy; v++) {
        const int64_t from = y + v - p.fy / 2;
        if (from < 0 || from >= p.ny) continue;
        for (int64_t u = 0; u < p.fx; u++) {
          const int64_t col = x + u - p.fx / 2;
          if (col >= 0 && col < p.nx) sum += counts[from * p.nx + col] * p.filter[v * p.fx + u];
        }
      }
      p.space[y * p.nx + x] = static_cast<float>(sum);
    }
  }
  Scratch<float> smooth(ctx, bins + 1, "Hough space");
  std::copy(p.space, p.space + bins, smooth.get());
  smooth[none] = 0;
  ctx.pool.run(parts, [&](int64_t part, int32_t) {
    each_chunk(part, [&](int64_t first, int64_t count, const int32_t* at) {
      for (int64_t j = 0; j < count; j++) p.confidence[first + j] = p.votes[first + j] * smooth[at[j]];
    });
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_hough(sc_ctx* ctx, sc_tensor* votes, sc_tensor* source, sc_tensor* target, float cell, int32_t nx,
                            int32_t ny, sc_tensor* filter, sc_tensor* confidence, sc_tensor* space) {
  return sc::border(ctx, "sc_hough", [&] {
    auto p = sc::check_hough(ctx, votes, source, target, cell, nx, ny, filter, confidence, space);
    SC_CALL(hough, *ctx, p);
  });
}
#endif
