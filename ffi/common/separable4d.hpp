// Argument check of the separable 4-D convolution.
#pragma once

#include <initializer_list>

#include "handle.hpp"

namespace sc {

// x: [batch][in][size 0..3]; out: [batch][out][out_size 0..3]. Pair 0 is axes 0 and 1, pair 1 axes 2 and 3.
struct Separable4d {
  const float *x, *weights[2], *bias[2];
  float* out;
  int64_t batch, in, outputs, size[4], out_size[4], k[4], stride[4];
};

inline Separable4d check_separable4d(sc_ctx* ctx, sc_tensor* x, sc_tensor* source_weights, sc_tensor* source_bias,
                                     sc_tensor* target_weights, sc_tensor* target_bias, const int32_t* strides,
                                     sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 6);
  need_tensor(ctx, source_weights, "source_weights", kFloat, 4);
  need_tensor(ctx, target_weights, "target_weights", kFloat, 4);
  need(strides, "strides is null");
  Separable4d p{};
  p.x = x->f();
  p.batch = x->shape[0];
  p.in = x->shape[1];
  p.outputs = source_weights->shape[0];
  const sc_tensor* weights[2] = {source_weights, target_weights};
  for (int32_t a = 0; a < 4; a++) {
    need(strides[a] >= 1 && strides[a] <= 64, "strides must be 1..64");
    p.size[a] = x->shape[2 + a];
    p.stride[a] = strides[a];
    p.out_size[a] = (p.size[a] + strides[a] - 1) / strides[a];
    p.k[a] = weights[a / 2]->shape[2 + a % 2];
    need(p.k[a] % 2 == 1, "kernel sizes must be odd");
  }
  need_shape(ctx, source_weights, "source_weights", kFloat, p.outputs, p.in, p.k[0], p.k[1]);
  need_shape(ctx, target_weights, "target_weights", kFloat, p.outputs, p.in, p.k[2], p.k[3]);
  need_shape(ctx, source_bias, "source_bias", kFloat, p.outputs);
  need_shape(ctx, target_bias, "target_bias", kFloat, p.outputs);
  need_shape(ctx, out, "out", kFloat, p.batch, p.outputs, p.out_size[0], p.out_size[1], p.out_size[2], p.out_size[3]);
  for (const sc_tensor* given : {x, source_weights, source_bias, target_weights, target_bias}) need_apart(out, "out", given);
  p.weights[0] = source_weights->f();
  p.weights[1] = target_weights->f();
  p.bias[0] = source_bias->f();
  p.bias[1] = target_bias->f();
  p.out = out->f();
  return p;
}

}  // namespace sc
