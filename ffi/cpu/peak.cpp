// The ceiling: multiply-adds on registers only, all threads, over a span of time.
#include <chrono>
#include <cmath>

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
  constexpr int kChains = kLanes == 16 ? 16 : 12;
  constexpr int64_t kRounds = 25000;  // a job of about 0.1 ms: threads of unequal speed end together
  constexpr double kOperations = 2.0 * kChains * kLanes * kRounds;
  auto measure = [&](int64_t jobs) {
    auto start = std::chrono::steady_clock::now();
    ctx.pool.run(jobs, [&](int64_t, int32_t) { volatile float sink = spin(kRounds); (void)sink; });
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };
  const double once = measure(ctx.pool.threads()) / ctx.pool.threads();
  const int64_t jobs = std::max<int64_t>(ctx.pool.threads(), std::llround(p.milliseconds / once));
  *p.result = static_cast<float>(kOperations * jobs / (measure(jobs) * 1e6));
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
