// Argument check of the group norm.
#pragma once

#include "handle.hpp"

namespace sc {

enum Activation : int32_t { kNone = 0, kRelu = 1, kGelu = 2 };

// x, add, out: [batch][channels][cells]; weight and bias are null where `groups` is 0.
struct GroupNorm {
  const float *x, *weight, *bias, *add;
  float* out;
  int64_t batch, channels, cells, groups;
  float eps;
  int32_t activation;
};

inline GroupNorm check_group_norm(sc_ctx* ctx, sc_tensor* x, sc_tensor* weight, sc_tensor* bias, int32_t groups, float eps,
                                  int32_t activation, sc_tensor* add, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, -1);
  need(x->rank >= 2, "x must have the axes [batch][channels][...]");
  need_same_shape(ctx, out, "out", x);
  need_apart(out, "out", x);
  need(activation >= kNone && activation <= kGelu, "activation must be 0, 1 or 2");
  GroupNorm p{};
  p.x = x->f();
  p.out = out->f();
  p.batch = x->shape[0];
  p.channels = x->shape[1];
  p.cells = x->span(2, x->rank);
  p.groups = groups;
  p.eps = eps;
  p.activation = activation;
  if (groups == 0) {
    need(!weight && !bias, "weight and bias must be null without groups");
  } else {
    need(groups > 0 && p.channels % groups == 0, "groups must divide the channels");
    need(eps >= 0 && std::isfinite(eps), "eps must be at least 0");
    need_shape(ctx, weight, "weight", kFloat, p.channels);
    need_shape(ctx, bias, "bias", kFloat, p.channels);
    need_apart(out, "out", weight);
    need_apart(out, "out", bias);
    p.weight = weight->f();
    p.bias = bias->f();
  }
  if (add) {
    need_same_shape(ctx, add, "add", x);
    need_apart(out, "out", add);
    p.add = add->f();
  }
  return p;
}

}  // namespace sc
