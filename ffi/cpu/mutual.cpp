// Mutual nearest-neighbour filter: one pass for the largest values of rows and columns, one that multiplies.
#include "../common/mutual.hpp"

#include <algorithm>
#include <limits>

#include "isa.hpp"

SC_KERNEL(mutual, Mutual)

namespace sc::SC_ISA {
namespace {

// NaN in v never replaces the largest value.
inline V larger(V v, V most) { return select(v > most, v, most); }

float divisor(float most, const Mutual& p) {
  if (p.only_zero) return most == 0 ? p.eps : most;
  return most + p.eps;
}

}  // namespace

void mutual(sc_ctx& ctx, const Mutual& p) {
  if (p.m == 0 || p.n == 0) return;
  const float lowest = -std::numeric_limits<float>::infinity();
  const int64_t parts = std::min<int64_t>(ctx.pool.threads(), p.m);
  Scratch<float> rows(ctx, p.m, "row maxima"), columns(ctx, parts * p.n, "column maxima");
  std::fill(columns.get(), columns.get() + parts * p.n, lowest);
  ctx.pool.run(parts, [&](int64_t part, int32_t) {
    float* own = columns.get() + part * p.n;
    for (int64_t r = p.m * part / parts; r < p.m * (part + 1) / parts; r++) {
      const float* x = p.x + r * p.n;
      V most = splat(lowest);
      int64_t c = 0;
      for (; c + kLanes <= p.n; c += kLanes) {
        V v = load(x + c);
        most = larger(v, most);
        store(own + c, larger(v, load(own + c)));
      }
      float row = lowest;
      for (int l = 0; l < kLanes; l++) row = most[l] > row ? most[l] : row;
      for (; c < p.n; c++) {
        if (x[c] > row) row = x[c];
        if (x[c] > own[c]) own[c] = x[c];
      }
      rows[r] = divisor(row, p);
    }
  });
  for (int64_t part = 1; part < parts; part++) {
    for (int64_t c = 0; c < p.n; c++) columns[c] = std::max(columns[c], columns[part * p.n + c]);
  }
  for (int64_t c = 0; c < p.n; c++) columns[c] = divisor(columns[c], p);
  const int64_t grain = 65536 / p.n + 1;
  ctx.pool.run((p.m + grain - 1) / grain, [&](int64_t job, int32_t) {
    for (int64_t r = job * grain; r < std::min(p.m, (job + 1) * grain); r++) {
      const float *x = p.x + r * p.n, *by = columns.get();
      float *out = p.out + r * p.n, row = rows[r];
      int64_t c = 0;
      for (; c + kLanes <= p.n; c += kLanes) {
        V v = load(x + c);
        store(out + c, v * ((v / row) * (v / load(by + c))));
      }
      for (; c < p.n; c++) out[c] = x[c] * ((x[c] / row) * (x[c] / by[c]));
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_mutual(sc_ctx* ctx, sc_tensor* x, int32_t only_zero, float eps, sc_tensor* out) {
  return sc::border(ctx, "sc_mutual", [&] {
    auto p = sc::check_mutual(ctx, x, only_zero, eps, out);
    SC_CALL(mutual, *ctx, p);
  });
}
#endif
