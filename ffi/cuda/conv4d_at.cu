// The 4-D convolution net at chosen pairs of cells: a block per pair, its threads share the values of a layer's box. Boxes
// lie in global memory, one set a block, so that any net fits; blocks stride over what is left of the pairs.
#include <algorithm>

#include "../common/conv4d_at.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kThreads = 128, kBlocks = 2048;

struct AtLayer {
  int64_t size[4];
  int32_t k[4], stride[4];  // strides of the taps within [out][in][k1][k2][k3][k4] of the layer as written
  int32_t from[4], to[4];   // reaches of the boxes
  int32_t in, out, taps;
  bool relu, add;           // add: to what the other direction left
  const float *weights, *bias;
};

// Where a cell of a box lies in the volume; false outside.
__device__ inline bool place_of(int64_t cell, const int32_t* reach, const int64_t* at, const int64_t* size, int64_t* p) {
  bool inside = true;
  for (int a = 3; a >= 0; a--) {
    const int32_t side = 2 * reach[a] + 1;
    p[a] = at[a] - reach[a] + cell % side;
    cell /= side;
    inside = inside && p[a] >= 0 && p[a] < size[a];
  }
  return inside;
}

__device__ inline bool pair_of(const int32_t* pairs, int64_t n, const int64_t* size, int64_t* at) {
  const int64_t first = pairs[2 * n], second = pairs[2 * n + 1];
  at[0] = first / size[1], at[1] = first % size[1], at[2] = second / size[3], at[3] = second % size[3];
  return first >= 0 && first < size[0] * size[1] && second >= 0 && second < size[2] * size[3];
}

// boxes: [grid][room]. The first layer reads the volume itself.
__global__ void __launch_bounds__(kThreads) conv4d_at_kernel(AtLayer l, const float* x, const int32_t* pairs, int64_t n0,
                                                             int64_t n, const float* from, float* to, int64_t room,
                                                             float* out) {
  int64_t cells = 1;
  for (int a = 0; a < 4; a++) cells *= 2 * l.to[a] + 1;
  for (int64_t block = blockIdx.x; block < n; block += gridDim.x) {
    int64_t at[4];
    const bool valid = l.size[1] > 0 && l.size[3] > 0 && pair_of(pairs, n0 + block, l.size, at);
    for (int64_t e = threadIdx.x; e < cells * l.out; e += kThreads) {
      const int64_t cell = e / l.out, o = e % l.out;
      int64_t p[4];
      float sum = 0;
      if (valid && place_of(cell, l.to, at, l.size, p)) {
        sum = l.bias[o];
        for (int32_t tap = 0; tap < l.taps; tap++) {
          int32_t rest = tap, q[4], offset = 0;
          for (int a = 3; a >= 0; a--) {
            q[a] = rest % l.k[a], rest /= l.k[a];
            offset += q[a] * l.stride[a];
          }
          int64_t source = 0;
          bool inside = true;
          for (int a = 0; a < 4; a++) {
            const int64_t y = p[a] + q[a] - l.k[a] / 2;
            inside = inside && y >= 0 && y < l.size[a];
            source = from ? source * (2 * l.from[a] + 1) + (y - at[a] + l.from[a]) : source * l.size[a] + y;
          }
          if (!inside) continue;
          const float* value = (from ? from + block * room : x) + source * l.in;
          for (int32_t i = 0; i < l.in; i++) sum = fmaf(value[i], l.weights[(o * l.in + i) * l.taps + offset], sum);
        }
        if (l.relu && sum < 0) sum = 0;
      }
      if (to) to[block * room + e] = sum;
      else if (!valid) out[(n0 + block) * l.out + o] = NAN;
      else out[(n0 + block) * l.out + o] = l.add ? out[(n0 + block) * l.out + o] + sum : sum;
    }
  }
}

void net_at(sc_ctx& ctx, const Conv4dAt& p, bool back, int64_t n0, int64_t n, float* a, float* b, int64_t room) {
  std::vector<Conv4dLayer> layers = p.layers;
  if (back) std::transform(layers.begin(), layers.end(), layers.begin(), swapped);
  const auto boxes = conv4d_boxes(layers);
  const float* from = nullptr;
  for (size_t i = 0; i < layers.size(); i++) {
    const Conv4dLayer& l = layers[i];
    AtLayer d{};
    for (int axis = 0; axis < 4; axis++) {
      int64_t unit[4] = {0, 0, 0, 0};
      unit[axis] = 1;
      d.size[axis] = p.size[axis];
      d.k[axis] = l.k[axis];
      d.stride[axis] = static_cast<int32_t>(weight_offset(l, 0, 0, unit[0], unit[1], unit[2], unit[3]));
      d.from[axis] = boxes[i].reach[axis];
      d.to[axis] = boxes[i + 1].reach[axis];
    }
    d.in = l.in, d.out = l.out, d.taps = static_cast<int32_t>(l.taps()), d.relu = l.relu, d.add = back;
    d.weights = l.weights, d.bias = l.bias;
    float* to = i + 1 < layers.size() ? a : nullptr;
    conv4d_at_kernel<<<static_cast<unsigned>(n), kThreads, 0, ctx.stream>>>(d, p.x, p.pairs, n0, n, from, to, room, p.out);
    launched("convolving at pairs");
    from = to;
    std::swap(a, b);
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_conv4d_at(sc_ctx* ctx, sc_tensor* x, const int32_t* size, sc_tensor* pairs, int32_t layers,
                                const int32_t* kernels, const int32_t* channels, sc_tensor* weights, sc_tensor* biases,
                                int32_t relu, int32_t symmetric, sc_tensor* out) {
  return border(ctx, "sc_conv4d_at", [&] {
    Conv4dAt p = check_conv4d_at(ctx, x, size, pairs, layers, kernels, channels, weights, biases, relu, symmetric, out);
    if (p.n == 0) return;
    int64_t room = 0;
    for (int back = 0; back < 2; back++) {
      std::vector<Conv4dLayer> all = p.layers;
      if (back) std::transform(all.begin(), all.end(), all.begin(), swapped);
      const auto boxes = conv4d_boxes(all);
      for (size_t i = 1; i < all.size(); i++) room = std::max(room, boxes[i].cells() * all[i].in);
    }
    // As many pairs at once as boxes fit into a part of the memory.
    const int64_t at_once = std::max<int64_t>(1, std::min<int64_t>({p.n, kBlocks, (int64_t{1} << 26) / std::max<int64_t>(room, 1)}));
    Scratch<float> boxes(*ctx, 2 * at_once * room, "boxes of the convolution");
    for (int64_t n0 = 0; n0 < p.n; n0 += at_once) {
      const int64_t n = std::min(at_once, p.n - n0);
      for (int back = 0; back < (p.symmetric ? 2 : 1); back++) {
        net_at(*ctx, p, back == 1, n0, n, boxes.get(), boxes.get() + at_once * room, room);
      }
    }
    finish(*ctx);
  });
}
