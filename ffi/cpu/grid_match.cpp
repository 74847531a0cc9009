// DSP's distances: all translations of a grid of pixels, and every pixel's best displacement in a window.
#include <algorithm>
#include <cmath>
#include <limits>

#include "../common/grid_match.hpp"
#include "isa.hpp"

SC_KERNEL(translation_costs, TranslationCosts)
SC_KERNEL(window_match, WindowMatch)

namespace sc::SC_ISA {
namespace {

// The sum of all lanes, by halves: fewer steps one after the other than lane by lane.
inline float sum_halves(V v) {
#pragma GCC unroll 4
  for (int k = kLanes / 2; k > 0; k /= 2) v += __builtin_shuffle(v, lane_indices() ^ k);
  return v[0];
}

inline float square_distance(const float* a, const float* b, int64_t n) {
  V s0{}, s1{};
  int64_t c = 0;
  for (; c + 2 * kLanes <= n; c += 2 * kLanes) {
    const V d0 = load(a + c) - load(b + c), d1 = load(a + c + kLanes) - load(b + c + kLanes);
    s0 += d0 * d0;
    s1 += d1 * d1;
  }
  float sum = sum_halves(s0 + s1);
  for (; c < n; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

// Square distances of a to four descriptors, one after the other in memory.
inline void four_distances(const float* a, const float* b, int64_t n, float* out) {
  V s0{}, s1{}, s2{}, s3{};
  int64_t c = 0;
  for (; c + kLanes <= n; c += kLanes) {
    const V x = load(a + c);
    const V d0 = x - load(b + c), d1 = x - load(b + n + c), d2 = x - load(b + 2 * n + c), d3 = x - load(b + 3 * n + c);
    s0 += d0 * d0, s1 += d1 * d1, s2 += d2 * d2, s3 += d3 * d3;
  }
  out[0] = sum_halves(s0), out[1] = sum_halves(s1), out[2] = sum_halves(s2), out[3] = sum_halves(s3);
  for (; c < n; c++) {
    for (int k = 0; k < 4; k++) out[k] += (a[c] - b[k * n + c]) * (a[c] - b[k * n + c]);
  }
}

// As square_distance, but gives up (with infinity) once the sum is above `limit`.
inline float bounded_distance(const float* a, const float* b, int64_t n, float limit) {
  V s{};
  constexpr int64_t kChunk = 4 * kLanes;
  int64_t c = 0;
  for (; c + kChunk <= n; c += kChunk) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < kChunk; k += kLanes) {
      const V d = load(a + c + k) - load(b + c + k);
      s += d * d;
    }
    if (sum_halves(s) > limit) return std::numeric_limits<float>::infinity();
  }
  float sum = sum_halves(s);
  for (; c < n; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

}  // namespace

void translation_costs(sc_ctx& ctx, const TranslationCosts& p) {
  const MapPair& m = p.maps;
  const int64_t rows = p.rows, cols = p.cols, cells = rows * cols, n = m.channels, states_y = 2 * p.ny + 1;
  if (cells == 0) return;
  const int64_t target_rows = (m.target_height + p.step - 1) / p.step, target_cols = (m.target_width + p.step - 1) / p.step;
  // The pixels met by any translation lie on a grid of b: gathered, they fit the cache. Column by column, as `out`.
  Scratch<float> b(ctx, std::max<int64_t>(1, target_rows * target_cols * n), "a grid of descriptors");
  for (int64_t x = 0; x < target_cols; x++) {
    for (int64_t y = 0; y < target_rows; y++) {
      std::memcpy(b.get() + (x * target_rows + y) * n, m.b + (y * p.step * m.target_width + x * p.step) * n,
                  n * sizeof(float));
    }
  }
  ctx.pool.run(2 * p.nx + 1, [&](int64_t job, int32_t) {
    const int64_t dx = job - p.nx;
    float* out = p.out + job * states_y * cells;
    for (int64_t x = 0; x < cols; x++) {
      const int64_t tx = x + dx;
      const bool in_x = tx >= 0 && tx < target_cols;
      for (int64_t y = 0; y < rows; y++) {
        const float* a = m.a + (y * p.step * m.width + x * p.step) * n;
        float* to = out + x * rows + y;
        auto put = [&](int64_t t, float square) {
          const float found = std::sqrt(square);
          to[t * cells] = found < p.bound ? found : p.bound;
        };
        const int64_t first = in_x ? std::max<int64_t>(0, p.ny - y) : states_y;
        const int64_t last = std::min(states_y, target_rows - y + p.ny);  // may be before first
        for (int64_t t = 0; t < std::min(first, states_y); t++) to[t * cells] = p.bound;
        int64_t t = first;
        const float* from = b.get() + (tx * target_rows + y - p.ny) * n;
        for (; t + 4 <= last; t += 4) {
          float square[4];
          four_distances(a, from + t * n, n, square);
          for (int k = 0; k < 4; k++) put(t + k, square[k]);
        }
        for (; t < last; t++) put(t, square_distance(a, from + t * n, n));
        for (; t < states_y; t++) to[t * cells] = p.bound;
      }
    }
  });
}

void window_match(sc_ctx& ctx, const WindowMatch& p) {
  const MapPair& m = p.maps;
  const int64_t n = m.channels;
  // In memory, so that the product is rounded before it is added: a fused addition could break ties.
  Scratch<float> penalty(ctx, 2 * p.radius + 1, "penalties");
  for (int32_t d = 0; d <= 2 * p.radius; d++) penalty[d] = p.penalty * static_cast<float>(d);
  ctx.pool.run(m.height, [&](int64_t y, int32_t) {
    for (int64_t x = 0; x < m.width; x++) {
      const int64_t at = y * m.width + x;
      const float* a = m.a + at * n;
      const int64_t sx = x + p.start[2 * at], sy = y + p.start[2 * at + 1];
      float least = std::numeric_limits<float>::infinity(), cost = p.outside;
      int32_t best_x = 0, best_y = 0;
      auto inside = [&](int64_t tx, int64_t ty) {
        return tx >= 0 && tx < m.target_width && ty >= 0 && ty < m.target_height;
      };
      // What is further than this cannot win: the middle of the window, if it is tried at all, and the way out.
      float most = std::numeric_limits<float>::infinity();
      if (p.radius % p.step == 0) {
        most = inside(sx, sy) ? std::sqrt(square_distance(a, m.b + (sy * m.target_width + sx) * n, n)) : p.outside;
      }
      for (int32_t dx = -p.radius; dx <= p.radius; dx += p.step) {
        const int64_t tx = sx + dx;
        for (int32_t dy = -p.radius; dy <= p.radius; dy += p.step) {
          const int64_t ty = sy + dy;
          const float extra = penalty[std::abs(dx) + std::abs(dy)];
          float found = p.outside;
          if (inside(tx, ty)) {
            const float room = std::min(least, most) - extra;
            if (room < 0) continue;
            // A little more than the square of what is allowed: rounding must not decide.
            found = std::sqrt(bounded_distance(a, m.b + (ty * m.target_width + tx) * n, n, room * room * 1.00001f + 1e-30f));
          }
          const float value = found + extra;
          if (!(value < least)) continue;
          least = value, cost = found, best_x = dx, best_y = dy;
        }
      }
      p.flow[2 * at] = p.start[2 * at] + best_x;
      p.flow[2 * at + 1] = p.start[2 * at + 1] + best_y;
      p.cost[at] = cost;
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
using namespace sc;

extern "C" int32_t sc_translation_costs(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, int32_t step, int32_t nx, int32_t ny,
                                        float bound, sc_tensor* out) {
  return border(ctx, "sc_translation_costs", [&] {
    TranslationCosts p = check_translation_costs(ctx, a, b, step, nx, ny, bound, out);
    SC_CALL(translation_costs, *ctx, p);
  });
}

extern "C" int32_t sc_window_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t radius,
                                   int32_t step, float penalty, float outside, sc_tensor* flow, sc_tensor* cost) {
  return border(ctx, "sc_window_match", [&] {
    WindowMatch p = check_window_match(ctx, a, b, start, radius, step, penalty, outside, flow, cost);
    SC_CALL(window_match, *ctx, p);
  });
}
#endif
