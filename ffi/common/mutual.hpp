// Argument check of the mutual nearest-neighbour filter.
#pragma once

#include "handle.hpp"

namespace sc {

struct Mutual {
  const float* x;
  float* out;
  int64_t m, n;
  bool only_zero;
  float eps;
};

inline Mutual check_mutual(sc_ctx* ctx, sc_tensor* x, int32_t only_zero, float eps, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 2);
  need_same_shape(ctx, out, "out", x);
  need_apart(out, "out", x);
  need(std::isfinite(eps), "eps must be finite");
  return {x->f(), out->f(), x->shape[0], x->shape[1], only_zero != 0, eps};
}

}  // namespace sc
