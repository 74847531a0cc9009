// Arg-max of rows, and expected positions under their soft-max.
#include <algorithm>

#include "../common/read_out.hpp"
#include "best.hpp"
#include "vmath.hpp"

SC_KERNEL(argmax, Argmax)
SC_KERNEL(soft_argmax, SoftArgmax)

namespace sc::SC_ISA {

void argmax(sc_ctx& ctx, const Argmax& p) {
  const int64_t grain = 65536 / (p.cols + 1) + 1;
  ctx.pool.run((p.rows + grain - 1) / grain, [&](int64_t job, int32_t) {
    for (int64_t r = job * grain; r < std::min(p.rows, (job + 1) * grain); r++) {
      const Best best = best_of(p.x + r * p.cols, p.cols, 0);
      p.index[r] = best.index;
      p.score[r] = best.told();
    }
  });
}

namespace {

// Logits of one map row: similarities with the kernel or the window applied.
void logits_of(const SoftArgmax& p, const float* x, int64_t y, int64_t best_x, int64_t best_y, const float* gauss_x,
               float gauss_y, float* out) {
  if (p.sigma > 0) {
    for (int64_t c = 0; c < p.width; c++) {
      // An infinite value times an underflowed 0 would be NaN.
      out[c] = std::isfinite(x[c]) ? x[c] * gauss_x[c] * gauss_y : x[c];
    }
  } else {
    std::copy(x, x + p.width, out);
  }
  if (p.radius < 0) return;
  const float far = p.masked ? kLowest : 0;
  const bool far_row = std::abs(y - best_y) > p.radius;
  for (int64_t c = 0; c < p.width; c++) {
    if (!far_row && std::abs(c - best_x) <= p.radius) continue;
    // A cell that was masked before stays masked.
    if (out[c] > kLowest) out[c] = far;
  }
}

void position(const SoftArgmax& p, const float* x, float* logits, float* gauss_x, float* out) {
  const int64_t cells = p.height * p.width;
  int64_t best_x = 0, best_y = 0;
  if (p.sigma > 0 || p.radius >= 0) {
    const Best best = best_of(x, cells, 0);
    if (best.index < 0) {
      out[0] = out[1] = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    best_x = best.index % p.width;
    best_y = best.index / p.width;
  }
  const double fall = p.sigma > 0 ? 1.0 / (2.0 * p.sigma * p.sigma) : 0;
  for (int64_t c = 0; p.sigma > 0 && c < p.width; c++) {
    gauss_x[c] = static_cast<float>(std::exp(-fall * static_cast<double>((c - best_x) * (c - best_x))));
  }
  for (int64_t y = 0; y < p.height; y++) {
    const double d = static_cast<double>(y - best_y);
    logits_of(p, x + y * p.width, y, best_x, best_y, gauss_x, static_cast<float>(std::exp(-fall * d * d)),
              logits + y * p.width);
  }
  const float most = best_of(logits, cells, 0).score;
  double sum = 0, sum_x = 0, sum_y = 0;
  for (int64_t y = 0; y < p.height && most > kLowest; y++) {
    const float* row = logits + y * p.width;
    V all = V{}, across = V{}, at = lane_numbers();
    float rest = 0, rest_across = 0;
    int64_t c = 0;
    for (; c + kLanes <= p.width; c += kLanes, at += static_cast<float>(kLanes)) {
      V v = load(row + c);
      // The greatest logit has weight 1 even where it is infinite; NaN fails both tests.
      V weight = select(v == most, splat(1), select(v < most, exp((v - most) / p.temperature), V{}));
      all += weight;
      across += weight * at;
    }
    for (; c < p.width; c++) {
      const float v = row[c];
      const float weight = v == most ? 1 : v < most ? std::exp((v - most) / p.temperature) : 0;
      rest += weight;
      rest_across += weight * static_cast<float>(c);
    }
    const double line = static_cast<double>(sum_lanes(all)) + rest;
    sum += line;
    sum_x += static_cast<double>(sum_lanes(across)) + rest_across;
    sum_y += line * static_cast<double>(y);
  }
  out[0] = static_cast<float>(sum_x / sum);
  out[1] = static_cast<float>(sum_y / sum);
}

}  // namespace

void soft_argmax(sc_ctx& ctx, const SoftArgmax& p) {
  const int64_t cells = p.height * p.width, threads = ctx.pool.threads();
  const int64_t grain = 16384 / (cells + 1) + 1;
  Scratch<float> logits(ctx, threads * cells, "logits"), gauss(ctx, threads * p.width, "a Gaussian");
  ctx.pool.run((p.rows + grain - 1) / grain, [&](int64_t job, int32_t worker) {
    for (int64_t r = job * grain; r < std::min(p.rows, (job + 1) * grain); r++) {
      position(p, p.x + r * cells, logits.get() + worker * cells, gauss.get() + worker * p.width, p.out + 2 * r);
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_argmax(sc_ctx* ctx, sc_tensor* x, sc_tensor* index, sc_tensor* score) {
  return sc::border(ctx, "sc_argmax", [&] {
    auto p = sc::check_argmax(ctx, x, index, score);
    SC_CALL(argmax, *ctx, p);
  });
}

extern "C" int32_t sc_soft_argmax(sc_ctx* ctx, sc_tensor* x, float temperature, float sigma, int32_t radius,
                                  int32_t masked, sc_tensor* out) {
  return sc::border(ctx, "sc_soft_argmax", [&] {
    auto p = sc::check_soft_argmax(ctx, x, temperature, sigma, radius, masked, out);
    SC_CALL(soft_argmax, *ctx, p);
  });
}
#endif
