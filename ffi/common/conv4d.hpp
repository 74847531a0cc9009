// Argument check of the 4-D convolution net, and the order in which its layers are run.
#pragma once

#include <vector>

#include "handle.hpp"

namespace sc {

// One layer of one direction: sizes of its own, and where its weights lie.
struct Conv4dLayer {
  int32_t k[4];
  int32_t in, out;
  bool relu;
  const float* weights;  // [out][in][k of the layer as written]
  const float* bias;     // [out]
  bool swapped;          // k here is (k3, k4, k1, k2) of the layer as written: the layer of the swapped direction
  int64_t taps() const { return static_cast<int64_t>(k[0]) * k[1] * k[2] * k[3]; }
};

struct Conv4d {
  const float* x;
  float* out;
  int64_t size[4];
  std::vector<Conv4dLayer> layers;
  bool symmetric;
  int64_t cells() const { return size[0] * size[1] * size[2] * size[3]; }
};

// Checks a net's description and lays out its layers. weights and biases hold the layers one after the other.
inline std::vector<Conv4dLayer> conv4d_layers(sc_ctx* ctx, int32_t layers, const int32_t* kernels,
                                              const int32_t* channels, sc_tensor* weights, sc_tensor* biases,
                                              int32_t relu) {
  need(layers >= 1 && layers <= 16, "layers must be 1..16");
  need(kernels && channels, "kernels or channels is null");
  for (int32_t i = 0; i <= layers; i++) need(channels[i] >= 1 && channels[i] <= 4096, "channels must be 1..4096");
  for (int32_t i = 0; i < 4 * layers; i++) {
    need(kernels[i] >= 1 && kernels[i] <= 31 && kernels[i] % 2 == 1, "kernel sizes must be odd, 1..31");
  }
  std::vector<Conv4dLayer> all;
  int64_t weight_count = 0, bias_count = 0;
  for (int32_t i = 0; i < layers; i++) {
    Conv4dLayer layer{};
    for (int a = 0; a < 4; a++) layer.k[a] = kernels[4 * i + a];
    layer.in = channels[i];
    layer.out = channels[i + 1];
    layer.relu = (relu >> i) & 1;
    weight_count += layer.taps() * layer.in * layer.out;
    bias_count += layer.out;
    all.push_back(layer);
  }
  need_shape(ctx, weights, "weights", kFloat, weight_count);
  need_shape(ctx, biases, "biases", kFloat, bias_count);
  const float *w = weights->f(), *b = biases->f();
  for (auto& layer : all) {
    layer.weights = w;
    layer.bias = b;
    w += layer.taps() * layer.in * layer.out;
    b += layer.out;
  }
  return all;
}

inline Conv4d check_conv4d(sc_ctx* ctx, sc_tensor* x, int32_t layers, const int32_t* kernels, const int32_t* channels,
                           sc_tensor* weights, sc_tensor* biases, int32_t relu, int32_t symmetric, sc_tensor* out) {
  Conv4d c{};
  c.layers = conv4d_layers(ctx, layers, kernels, channels, weights, biases, relu);
  need_tensor(ctx, x, "x", kFloat, 5);
  c.x = x->f();
  for (int a = 0; a < 4; a++) c.size[a] = x->shape[a];
  need_shape(ctx, x, "x", kFloat, c.size[0], c.size[1], c.size[2], c.size[3], channels[0]);
  need_shape(ctx, out, "out", kFloat, c.size[0], c.size[1], c.size[2], c.size[3], channels[layers]);
  need_apart(out, "out", x);
  need_apart(out, "out", weights);
  need_apart(out, "out", biases);
  c.out = out->f();
  c.symmetric = symmetric != 0;
  return c;
}

// T(net(T(x))) is the net whose kernels have their axis pairs swapped: no volume has to be transposed.
inline Conv4dLayer swapped(Conv4dLayer layer) {
  std::swap(layer.k[0], layer.k[2]);
  std::swap(layer.k[1], layer.k[3]);
  layer.swapped = !layer.swapped;
  return layer;
}

// Offset of weight (o, i, a, b, c, d) of a layer, a..d counted along its own (perhaps swapped) k.
inline int64_t weight_offset(const Conv4dLayer& l, int64_t o, int64_t i, int64_t a, int64_t b, int64_t c, int64_t d) {
  const int64_t first = o * l.in + i;
  if (!l.swapped) return (((first * l.k[0] + a) * l.k[1] + b) * l.k[2] + c) * l.k[3] + d;
  return (((first * l.k[2] + c) * l.k[3] + d) * l.k[0] + a) * l.k[1] + b;
}

}  // namespace sc
