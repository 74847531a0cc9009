// Argument checks of L2 normalisation and correlation, one place for both libraries.
#pragma once

#include "handle.hpp"

namespace sc {

enum : int32_t { kNormNone = 0, kNormPlus = 1, kNormMax = 2, kNormRoot = 3 };

struct L2Norm {
  const float* x;
  float* out;
  int64_t rows, channels;
  int32_t norm;
  float eps;
};

inline void need_norm(int32_t norm, float eps, int32_t lowest) {
  need(norm >= lowest && norm <= kNormRoot, "norm must name a rule of sc_l2norm");
  need(norm == kNormNone || (eps >= 0 && std::isfinite(eps)), "eps must be finite and not negative");
}

inline L2Norm check_l2norm(sc_ctx* ctx, sc_tensor* x, int32_t norm, float eps, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, -1);
  need(x->rank >= 1, "x needs at least one axis");
  need_same_shape(ctx, out, "out", x);
  need_apart(out, "out", x);
  need_norm(norm, eps, kNormPlus);
  return {x->f(), out->f(), x->span(0, x->rank - 1), x->shape[x->rank - 1], norm, eps};
}

struct Correlate {
  const float *a, *b;
  const int32_t* rows;  // null: all
  int64_t m, n, channels;
  int64_t a_rows;
  int32_t norm;
  float eps;
  bool relu;
  float* out;      // [m][n], or null for the fused arg-max
  int32_t* index;  // [m]
  float* score;    // [m]
};

inline Correlate check_correlate(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps) {
  need_tensor(ctx, a, "a", kFloat, 2);
  need_tensor(ctx, b, "b", kFloat, 2);
  if (a->shape[1] != b->shape[1]) {
    throw Failure(format("a has %lld channels and b %lld", static_cast<long long>(a->shape[1]),
                         static_cast<long long>(b->shape[1])));
  }
  if (rows) need_tensor(ctx, rows, "rows", kInt, 1);
  need_norm(norm, eps, kNormNone);
  Correlate c{};
  c.a = a->f();
  c.b = b->f();
  c.rows = rows ? rows->i() : nullptr;
  c.m = rows ? rows->shape[0] : a->shape[0];
  c.a_rows = a->shape[0];
  c.n = b->shape[0];
  c.channels = a->shape[1];
  c.norm = norm;
  c.eps = eps;
  return c;
}

// Where a volume goes: out is [m][n], or one place of a stack of them.
inline void need_place(sc_ctx* ctx, Correlate& c, sc_tensor* a, sc_tensor* b, int32_t relu, int32_t place,
                       sc_tensor* out) {
  need_tensor(ctx, out, "out", kFloat, -1);
  const int64_t places = out->rank == 3 ? out->shape[0] : 1;
  if (out->rank == 3) need_shape(ctx, out, "out", kFloat, places, c.m, c.n);
  else need_shape(ctx, out, "out", kFloat, c.m, c.n);
  if (place < 0 || place >= places) {
    throw Failure(format("place is %d, but out has %lld", place, static_cast<long long>(places)));
  }
  need_apart(out, "out", a);
  need_apart(out, "out", b);
  c.relu = relu != 0;
  c.out = out->f() + place * c.m * c.n;
}

}  // namespace sc
