// L2 normalisation of rows.
#include "norm.hpp"

SC_KERNEL(l2norm, L2Norm)

namespace sc::SC_ISA {

void l2norm(sc_ctx& ctx, const L2Norm& p) {
  const int64_t grain = 65536 / (p.channels + 1) + 1;
  ctx.pool.run((p.rows + grain - 1) / grain, [&](int64_t job, int32_t) {
    int64_t end = std::min(p.rows, (job + 1) * grain);
    for (int64_t r = job * grain; r < end; r++) {
      const float* x = p.x + r * p.channels;
      divide(x, p.out + r * p.channels, p.channels, divisor(x, p.channels, p.norm, p.eps));
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_l2norm(sc_ctx* ctx, sc_tensor* x, int32_t norm, float eps, sc_tensor* out) {
  return sc::border(ctx, "sc_l2norm", [&] {
    auto p = sc::check_l2norm(ctx, x, norm, eps, out);
    SC_CALL(l2norm, *ctx, p);
  });
}
#endif
