// The ceiling: multiply-adds on registers only, all threads.
#include <chrono>

#include "isa.hpp"

namespace sc {
struct Peak {
  double milliseconds;
  float* result;
};
}  // namespace sc
SC_KERNEL(fma_peak, Peak)

namespace sc::SC_ISA {

// Sixteen chains of AVX-512, twelve of the others: enough to cover the latency, few enough to stay in registers.
static float spin(int64_t rounds) {
  constexpr int kChains = kLanes == 16 ? 16 : 12;
  V acc[kChains], m = splat(0.999999f), a = splat(1e-6f);
#pragma GCC unroll 16
  for (int c = 0; c < kChains; c++) acc[c] = splat(3.0f + static_cast<float>(c));
  for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 16
    for (int c = 0; c < kChains; c++) acc[c] = acc[c] * m + a;
  }
  V sum = V{};
#pragma GCC unroll 16
  for (int c = 0; c < kChains; c++) sum += acc[c];
  return sum_lanes(sum);
}

void fma_peak(sc_ctx& ctx, const Peak& p) {
  using Clock = std::chrono::steady_clock;
  constexpr int kChains = kLanes == 16 ? 16 : 12;
  const int64_t rounds = 100000;
  const int32_t threads = ctx.pool.threads();
  double best = 0, spent = 0;
  while (spent < p.milliseconds) {
    auto start = Clock::now();
    ctx.pool.run(threads, [&](int64_t, int32_t) { volatile float sink = spin(rounds); (void)sink; });
    double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    spent += ms;
    double rate = 2.0 * kChains * kLanes * rounds * threads / (ms * 1e6);
    if (rate > best) best = rate;
  }
  *p.result = static_cast<float>(best);
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_fma_peak(sc_ctx* ctx, double milliseconds, sc_tensor* result) {
  return sc::border(ctx, "sc_fma_peak", [&] {
    sc::need_shape(ctx, result, "result", sc::kFloat, 1);
    sc::need(milliseconds > 0 && milliseconds <= 60000, "milliseconds must be in (0, 60000]");
    sc::Peak p{milliseconds, result->f()};
    SC_CALL(fma_peak, *ctx, p);
  });
}
#endif
