// Group norm, activation and sum: one pass for the means, one for the variances, one that writes.
#include "../common/group_norm.hpp"

#include <algorithm>
#include <cmath>

#include "isa.hpp"
#include "vmath.hpp"

SC_KERNEL(group_norm, GroupNorm)

namespace sc::SC_ISA {
namespace {

// Values per job; sums within one are float, above it double.
constexpr int64_t kGrain = 16384;

// Sum of (x - mean), or of its squares.
template <bool kSquares>
double sum_of(const float* x, int64_t count, float mean) {
  V sums[4] = {};
  const V by = splat(mean);
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (int n = 0; n < 4; n++) {
      const V d = load(x + i + n * kLanes) - by;
      sums[n] += kSquares ? d * d : d;
    }
  }
  double sum = sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < count; i++) {
    const float d = x[i] - mean;
    sum += kSquares ? d * d : d;
  }
  return sum;
}

inline V activate(V v, int32_t activation) {
  if (activation == kRelu) return select(v > V{}, v, V{});
  return activation == kGelu ? gelu(v) : v;
}

}  // namespace

void group_norm(sc_ctx& ctx, const GroupNorm& p) {
  if (p.batch * p.channels * p.cells == 0) return;
  const int64_t sets = p.batch * p.groups, size = p.groups ? p.channels / p.groups * p.cells : 0;
  const int64_t parts = (size + kGrain - 1) / kGrain;
  Scratch<double> sums(ctx, sets * parts, "sums of groups"), means(ctx, sets, "means"), factors(ctx, sets, "factors");
  const auto gather = [&](bool squares, double* to) {
    ctx.pool.run(sets * parts, [&](int64_t job, int32_t) {
      const int64_t set = job / parts, first = job % parts * kGrain, count = std::min(kGrain, size - first);
      const float* x = p.x + set * size + first;
      sums[job] = squares ? sum_of<true>(x, count, static_cast<float>(means[set])) : sum_of<false>(x, count, 0);
    });
    for (int64_t set = 0; set < sets; set++) {
      double sum = 0;
      for (int64_t part = 0; part < parts; part++) sum += sums[set * parts + part];
      to[set] = sum / static_cast<double>(size);
    }
  };
  if (p.groups) {
    gather(false, means.get());
    gather(true, factors.get());
    for (int64_t set = 0; set < sets; set++) factors[set] = 1 / std::sqrt(factors[set] + p.eps);
  }
  const int64_t pieces = (p.cells + kGrain - 1) / kGrain;
  ctx.pool.run(p.batch * p.channels * pieces, [&](int64_t job, int32_t) {
    const int64_t plane = job / pieces, first = job % pieces * kGrain, count = std::min(kGrain, p.cells - first);
    const int64_t c = plane % p.channels, at = plane * p.cells + first;
    float scale = 1, shift = 0;
    if (p.groups) {
      const int64_t set = plane / p.channels * p.groups + c / (p.channels / p.groups);
      scale = static_cast<float>(p.weight[c] * factors[set]);
      shift = static_cast<float>(p.bias[c] - means[set] * p.weight[c] * factors[set]);
    }
    const V by = splat(scale), and_shift = splat(shift);
    const float *x = p.x + at, *add = p.add ? p.add + at : nullptr;
    float* out = p.out + at;
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      V v = activate(load(x + i) * by + and_shift, p.activation);
      store(out + i, add ? load(add + i) + v : v);
    }
    if (i < count) {
      float line[kLanes] = {};
      std::memcpy(line, x + i, (count - i) * sizeof(float));
      store(line, activate(load(line) * by + and_shift, p.activation));
      for (int64_t k = 0; i + k < count; k++) out[i + k] = add ? add[i + k] + line[k] : line[k];
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_group_norm(sc_ctx* ctx, sc_tensor* x, sc_tensor* weight, sc_tensor* bias, int32_t groups, float eps,
                                 int32_t activation, sc_tensor* add, sc_tensor* out) {
  return sc::border(ctx, "sc_group_norm", [&] {
    auto p = sc::check_group_norm(ctx, x, weight, bias, groups, eps, activation, add, out);
    SC_CALL(group_norm, *ctx, p);
  });
}
#endif
