// Argument check of entropic optimal transport.
#pragma once

#include "handle.hpp"

namespace sc {

struct Sinkhorn {
  const float *cost, *mu, *nu;
  int64_t m, n;
  float eps, scale;
  int32_t iterations;
  float* out;
};

inline Sinkhorn check_sinkhorn(sc_ctx* ctx, sc_tensor* cost, sc_tensor* mu, sc_tensor* nu, float eps,
                               int32_t iterations, float scale, sc_tensor* out) {
  need_tensor(ctx, cost, "cost", kFloat, 2);
  need_shape(ctx, mu, "mu", kFloat, cost->shape[0]);
  need_shape(ctx, nu, "nu", kFloat, cost->shape[1]);
  need_same_shape(ctx, out, "out", cost);
  need_apart(out, "out", cost);
  need(eps > 0 && std::isfinite(eps), "eps must be above 0 and finite");
  need(std::isfinite(scale), "scale must be finite");
  need(iterations >= 1 && iterations <= 100000, "iterations must be 1..100000");
  return {cost->f(), mu->f(), nu->f(), cost->shape[0], cost->shape[1], eps, scale, iterations, out->f()};
}

}  // namespace sc
