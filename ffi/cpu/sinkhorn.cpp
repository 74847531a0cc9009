// Entropic optimal transport in the log domain. `out` holds -cost / eps while the potentials are found, so that nothing
// of the size of the plan is allocated. Columns are summed in strips of whole cache lines, with a running maximum.
#include <algorithm>

#include "../common/sinkhorn.hpp"
#include "vmath.hpp"

SC_KERNEL(sinkhorn, Sinkhorn)

namespace sc::SC_ISA {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr int64_t kStrip = 64, kRows = 8;

inline float log_of(float mass) { return mass > 0 ? std::log(mass) : kNever; }

// log of (sum of exp) of the values of one lane-wide column, running over blocks of rows.
struct Running {
  V top = splat(kNever), sum = V{};
  void add(const V* values) {
    V most = top;
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; r++) most = max(values[r], most);
    V shift = select(most > splat(kNever), most, V{});
    sum = sum * exp(top - shift);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; r++) sum += exp(values[r] - shift);
    top = most;
  }
};

// lb[j] = log nu[j] - log sum_i exp(x[i][j] + la[i]) for the columns of a strip.
void columns(const Sinkhorn& p, const float* la, float* lb, int64_t first, int64_t count) {
  Running state[kStrip / kLanes];
  float tail[kRows][kStrip];
  for (int64_t i = 0; i < p.m; i += kRows) {
    const int64_t rows = std::min(kRows, p.m - i);
    const float* from = p.out + i * p.n + first;
    int64_t stride = p.n;
    if (count < kStrip) {
      // The last strip is narrow: copied, so that whole vectors may be read.
      for (int64_t r = 0; r < rows; r++) {
        std::copy(from + r * p.n, from + r * p.n + count, tail[r]);
        std::fill(tail[r] + count, tail[r] + kStrip, kNever);
      }
      from = tail[0];
      stride = kStrip;
    }
    for (int64_t v = 0; v * kLanes < count; v++) {
      // Rows past the last one add nothing.
      V values[kRows];
#pragma GCC unroll 8
      for (int64_t r = 0; r < kRows; r++) {
        values[r] = r < rows ? load(from + r * stride + v * kLanes) + splat(la[i + r]) : splat(kNever);
      }
      state[v].add(values);
    }
  }
  for (int64_t j = 0; j < count; j++) {
    const Running& s = state[j / kLanes];
    const float sum = s.sum[j % kLanes], mass = log_of(p.nu[first + j]);
    lb[first + j] = sum > 0 ? mass - (s.top[j % kLanes] + std::log(sum)) : kNever;
  }
}

// log mu_i - log sum_j exp(x[j] + lb[j]); in the last iteration the row becomes scale * exp(x + lb + la).
float row(const Sinkhorn& p, float* x, const float* lb, float log_mu, bool last) {
  const int64_t whole = p.n / kLanes * kLanes;
  V most = splat(kNever);
  for (int64_t j = 0; j < whole; j += kLanes) most = max(load(x + j) + load(lb + j), most);
  float top = kNever;
  for (int l = 0; l < kLanes; l++) top = std::max(top, most[l]);
  for (int64_t j = whole; j < p.n; j++) top = std::max(top, x[j] + lb[j]);
  float la = kNever;
  if (top > kNever) {
    V sums = V{}, shift = splat(top);
    for (int64_t j = 0; j < whole; j += kLanes) sums += exp(load(x + j) + load(lb + j) - shift);
    float sum = sum_lanes(sums);
    for (int64_t j = whole; j < p.n; j++) sum += std::exp(x[j] + lb[j] - top);
    la = log_mu - (top + std::log(sum));
  }
  if (!last) return la;
  for (int64_t j = 0; j < whole; j += kLanes) {
    store(x + j, splat(p.scale) * exp(load(x + j) + load(lb + j) + splat(la)));
  }
  for (int64_t j = whole; j < p.n; j++) x[j] = p.scale * std::exp(x[j] + lb[j] + la);
  return la;
}

}  // namespace

void sinkhorn(sc_ctx& ctx, const Sinkhorn& p) {
  if (p.m == 0 || p.n == 0) return;
  Scratch<float> la(ctx, p.m, "potentials"), lb(ctx, p.n, "potentials");
  std::fill(la.get(), la.get() + p.m, -std::log(static_cast<float>(p.m)));
  const int64_t grain = 65536 / p.n + 1, jobs = (p.m + grain - 1) / grain;
  const auto rows = [&](const auto& work) {
    ctx.pool.run(jobs, [&](int64_t job, int32_t) {
      for (int64_t i = job * grain, end = std::min(p.m, (job + 1) * grain); i < end; i++) work(i, p.out + i * p.n);
    });
  };
  rows([&](int64_t i, float* out) {
    const float* cost = p.cost + i * p.n;
    // Only a finite cost has a difference of 0 with itself.
#pragma omp simd
    for (int64_t j = 0; j < p.n; j++) out[j] = cost[j] - cost[j] == 0 ? -cost[j] / p.eps : kNever;
  });
  for (int32_t t = 1; t <= p.iterations; t++) {
    ctx.pool.run((p.n + kStrip - 1) / kStrip, [&](int64_t job, int32_t) {
      columns(p, la.get(), lb.get(), job * kStrip, std::min(kStrip, p.n - job * kStrip));
    });
    rows([&](int64_t i, float* x) { la[i] = row(p, x, lb.get(), log_of(p.mu[i]), t == p.iterations); });
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_sinkhorn(sc_ctx* ctx, sc_tensor* cost, sc_tensor* mu, sc_tensor* nu, float eps,
                               int32_t iterations, float scale, sc_tensor* out) {
  return sc::border(ctx, "sc_sinkhorn", [&] {
    auto p = sc::check_sinkhorn(ctx, cost, mu, nu, eps, iterations, scale, out);
    SC_CALL(sinkhorn, *ctx, p);
  });
}
#endif
