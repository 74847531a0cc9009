// Argument check of the 4-D convolution net at chosen cells, and the boxes of values that a cell depends on.
#pragma once

#include "conv4d.hpp"

namespace sc {

struct Conv4dAt {
  const float* x;          // [size 0 * size 1][size 2 * size 3 * layers[0].in]
  const int32_t* pairs;    // [n][2]
  float* out;              // [n][layers.back().out]
  int64_t size[4], n;
  std::vector<Conv4dLayer> layers;
  bool symmetric;
};

// Values around a pair: 2 reach + 1 along each axis, the pair in the middle.
struct Box {
  int32_t reach[4];
  int32_t side(int axis) const { return 2 * reach[axis] + 1; }
  int64_t cells() const { return static_cast<int64_t>(side(0)) * side(1) * side(2) * side(3); }
};

// The box of each layer's input, and, last, that of the net's output: one cell.
inline std::vector<Box> conv4d_boxes(const std::vector<Conv4dLayer>& layers) {
  std::vector<Box> boxes(layers.size() + 1);
  for (size_t i = layers.size(); i-- > 0;) {
    for (int a = 0; a < 4; a++) boxes[i].reach[a] = boxes[i + 1].reach[a] + layers[i].k[a] / 2;
  }
  return boxes;
}

inline Conv4dAt check_conv4d_at(sc_ctx* ctx, sc_tensor* x, const int32_t* size, sc_tensor* pairs, int32_t layers,
                                const int32_t* kernels, const int32_t* channels, sc_tensor* weights, sc_tensor* biases,
                                int32_t relu, int32_t symmetric, sc_tensor* out) {
  need(size, "size is null");
  Conv4dAt c{};
  for (int a = 0; a < 4; a++) {
    need(size[a] >= 0 && size[a] <= 1 << 15, "sizes must be 0..32768");
    c.size[a] = size[a];
  }
  c.layers = conv4d_layers(ctx, layers, kernels, channels, weights, biases, relu);
  const auto boxes = conv4d_boxes(c.layers);
  for (size_t i = 0; i < c.layers.size(); i++) {
    need(boxes[i].cells() * c.layers[i].in <= 1 << 24, "a pair depends on more than 2^24 values of a layer");
  }
  need_shape(ctx, x, "x", kFloat, c.size[0] * c.size[1], c.size[2] * c.size[3] * channels[0]);
  need_tensor(ctx, pairs, "pairs", kInt, 2);
  c.n = pairs->shape[0];
  need_shape(ctx, pairs, "pairs", kInt, c.n, 2);
  need_shape(ctx, out, "out", kFloat, c.n, channels[layers]);
  need_apart(out, "out", x);
  need_apart(out, "out", weights);
  need_apart(out, "out", biases);
  need_apart(out, "out", pairs);
  c.x = x->f();
  c.pairs = pairs->i();
  c.out = out->f();
  c.symmetric = symmetric != 0;
  return c;
}

}  // namespace sc
