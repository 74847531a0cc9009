// Argument check of the convolution over scales and space.
#pragma once

#include "handle.hpp"

namespace sc {

// x, out: [size 0..5]; weights: [k 0..5]. A volume of rank 4 is one of a single scale.
struct Conv6d {
  const float *x, *weights;
  float* out;
  int64_t size[6], k[6];
  float bias;
  bool relu;
  int64_t scales, plane;     // size[0] * size[1], size[4] * size[5]
  int64_t positions, taps4;  // size[2] * size[3], the taps of the four axes of space
};

inline Conv6d check_conv6d(sc_ctx* ctx, sc_tensor* x, sc_tensor* weights, float bias, int32_t relu, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, -1);
  need(x->rank == 4 || x->rank == 6, "x needs 4 or 6 axes");
  need_tensor(ctx, weights, "weights", kFloat, x->rank);
  need_same_shape(ctx, out, "out", x);
  need_apart(out, "out", x);
  need_apart(out, "out", weights);
  Conv6d c{};
  c.x = x->f();
  c.weights = weights->f();
  c.out = out->f();
  const int32_t lead = 6 - x->rank;
  for (int32_t a = 0; a < 6; a++) {
    c.size[a] = a < lead ? 1 : x->shape[a - lead];
    c.k[a] = a < lead ? 1 : weights->shape[a - lead];
    need(c.k[a] % 2 == 1 && c.k[a] <= 31, "kernel sizes must be odd, 1..31");
  }
  c.bias = bias;
  c.relu = relu != 0;
  c.scales = c.size[0] * c.size[1];
  c.positions = c.size[2] * c.size[3];
  c.plane = c.size[4] * c.size[5];
  c.taps4 = c.k[2] * c.k[3] * c.k[4] * c.k[5];
  return c;
}

}  // namespace sc
