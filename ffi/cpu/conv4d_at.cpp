// The 4-D convolution net at chosen pairs of cells: each pair's box of input is copied out, and every layer is computed on
// the box that the next one needs. Values outside the volume are 0 at every layer, as the padding of the whole net has it.
//
// - many outputs: channels of the output in vector lanes, nine cells of a box in registers;
// - few outputs: a dot product for each, over (d, in) of a row of taps at a time.
#include <algorithm>
#include <vector>

#include "../common/conv4d_at.hpp"
#include "isa.hpp"

SC_KERNEL(conv4d_at, Conv4dAt)

namespace sc::SC_ISA {
namespace {

constexpr int kCells = 9;   // a 3 x 3 x 3 x 3 box is nine times nine
constexpr int kPairs = 32;  // of a job

// A layer on boxes.
struct Step {
  Conv4dLayer layer;
  Box from, to;
  bool lanes;                  // output channels in lanes; else dot products
  int64_t padded;              // output channels in whole vectors
  int64_t depth;               // contiguous values of a row of taps: k4 * in
  std::vector<int64_t> cells;  // where the first tap of each cell of `to` lies in `from`, in floats
  std::vector<int64_t> taps;   // where the rows of taps lie from there
  std::vector<float> weights;  // lanes: [taps][depth][padded]; else [out][taps][depth]
  std::vector<float> bias;     // [padded]
};

Step step_of(const Conv4dLayer& l, const Box& from, const Box& to) {
  Step s{l, from, to, l.out > 4, (l.out + kLanes - 1) / kLanes * kLanes, static_cast<int64_t>(l.k[3]) * l.in, {}, {}, {}, {}};
  const auto place = [&](int64_t a, int64_t b, int64_t c, int64_t d) {
    return (((a * from.side(1) + b) * from.side(2) + c) * from.side(3) + d) * l.in;
  };
  for (int a = 0; a < to.side(0); a++)
    for (int b = 0; b < to.side(1); b++)
      for (int c = 0; c < to.side(2); c++)
        for (int d = 0; d < to.side(3); d++) s.cells.push_back(place(a, b, c, d));
  for (int a = 0; a < l.k[0]; a++)
    for (int b = 0; b < l.k[1]; b++)
      for (int c = 0; c < l.k[2]; c++) s.taps.push_back(place(a, b, c, 0));
  const int64_t rows = static_cast<int64_t>(s.taps.size());
  s.weights.assign(rows * s.depth * (s.lanes ? s.padded : l.out), 0.0f);
  s.bias.assign(s.padded, 0.0f);
  for (int64_t o = 0; o < l.out; o++) {
    s.bias[o] = l.bias[o];
    int64_t row = 0;
    for (int a = 0; a < l.k[0]; a++)
      for (int b = 0; b < l.k[1]; b++)
        for (int c = 0; c < l.k[2]; c++, row++)
          for (int d = 0; d < l.k[3]; d++)
            for (int i = 0; i < l.in; i++) {
              const int64_t q = d * l.in + i;
              const float w = l.weights[weight_offset(l, o, i, a, b, c, d)];
              s.weights[s.lanes ? (row * s.depth + q) * s.padded + o : (o * rows + row) * s.depth + q] = w;
            }
  }
  return s;
}

// One vector of output channels of n cells, of which `width` channels count. kDepth: the depth where it is known, else 0.
template <int n, int kDepth>
void in_lanes(const Step& s, const float* box, const int64_t* cells, int64_t first, int64_t width, float* out) {
  const float* x[n];
  V sum[n];
  for (int r = 0; r < n; r++) x[r] = box + cells[r], sum[r] = load(s.bias.data() + first);
  const float* w = s.weights.data() + first;
  const int64_t depth = kDepth > 0 ? kDepth : s.depth, step = s.padded;
  for (const int64_t tap : s.taps) {
#pragma GCC unroll 3
    for (int64_t q = tap; q < tap + depth; q++, w += step) {
      const V weight = load(w);
#pragma GCC unroll 9
      for (int r = 0; r < n; r++) sum[r] += splat(x[r][q]) * weight;
    }
  }
  for (int r = 0; r < n; r++) {
    const V value = s.layer.relu ? select(sum[r] < V{}, V{}, sum[r]) : sum[r];
    float* to = out + r * s.layer.out;
    if (width == kLanes) store(to, value);
    else std::memcpy(to, &value, width * sizeof(float));
  }
}

// One output of one cell; lanes are added once, at the end.
float sum_of_rows(const Step& s, const float* x, const float* w) {
  V sums[2] = {};
  float rest = 0;
  for (const int64_t tap : s.taps) {
    const float* at = x + tap;
    int64_t q = 0;
    for (; q + 2 * kLanes <= s.depth; q += 2 * kLanes) {
      sums[0] += load(at + q) * load(w + q);
      sums[1] += load(at + q + kLanes) * load(w + q + kLanes);
    }
    for (; q + kLanes <= s.depth; q += kLanes) sums[0] += load(at + q) * load(w + q);
    for (; q < s.depth; q++) rest += at[q] * w[q];
    w += s.depth;
  }
  return sum_lanes(sums[0] + sums[1]) + rest;
}

template <int kDepth>
void run_lanes(const Step& s, const float* box, float* out) {
  const int64_t cells = static_cast<int64_t>(s.cells.size());
  for (int64_t first = 0; first < s.layer.out; first += kLanes) {
    const int64_t width = std::min<int64_t>(kLanes, s.layer.out - first);
    const auto at = [&](int64_t cell) { return out + cell * s.layer.out + first; };
    int64_t cell = 0;
    for (; cell + kCells <= cells; cell += kCells) in_lanes<kCells, kDepth>(s, box, &s.cells[cell], first, width, at(cell));
    for (; cell < cells; cell++) in_lanes<1, kDepth>(s, box, &s.cells[cell], first, width, at(cell));
  }
}

void run(const Step& s, const float* box, float* out) {
  const int64_t cells = static_cast<int64_t>(s.cells.size());
  if (s.lanes && s.depth == 3) return run_lanes<3>(s, box, out);
  if (s.lanes) return run_lanes<0>(s, box, out);
  const float* w = s.weights.data();
  for (int64_t o = 0; o < s.layer.out; o++) {
    const float* all = w + o * static_cast<int64_t>(s.taps.size()) * s.depth;
    for (int64_t cell = 0; cell < cells; cell++) {
      const float sum = s.bias[o] + sum_of_rows(s, box + s.cells[cell], all);
      out[cell * s.layer.out + o] = s.layer.relu && sum < 0 ? 0 : sum;
    }
  }
}

// Calls visit(first axes' place in the volume or -1, where the row begins along the last axis, row number) for the rows
// of a box around `at`.
template <class Visit>
void rows_of(const Box& box, const int64_t* at, const int64_t* size, Visit&& visit) {
  int64_t row = 0;
  for (int64_t i = at[0] - box.reach[0]; i <= at[0] + box.reach[0]; i++)
    for (int64_t j = at[1] - box.reach[1]; j <= at[1] + box.reach[1]; j++)
      for (int64_t k = at[2] - box.reach[2]; k <= at[2] + box.reach[2]; k++) {
        const bool inside = i >= 0 && i < size[0] && j >= 0 && j < size[1] && k >= 0 && k < size[2];
        visit(inside ? (i * size[1] + j) * size[2] + k : -1, at[3] - box.reach[3], row++);
      }
}

bool same(const Box& a, const Box& b) { return std::equal(a.reach, a.reach + 4, b.reach); }

// The box of a volume of `channels`, zeros outside.
void cut(const Conv4dAt& p, const Box& box, int64_t channels, const int64_t* at, float* out) {
  const int64_t side = box.side(3), length = side * channels;
  rows_of(box, at, p.size, [&](int64_t place, int64_t l, int64_t row) {
    float* to = out + row * length;
    const int64_t from = std::max<int64_t>(l, 0), end = std::min<int64_t>(l + side, p.size[3]);
    if (place < 0 || from >= end) {
      std::fill(to, to + length, 0.0f);
      return;
    }
    std::fill(to, to + (from - l) * channels, 0.0f);
    std::memcpy(to + (from - l) * channels, p.x + (place * p.size[3] + from) * channels,
                (end - from) * channels * sizeof(float));
    std::fill(to + (end - l) * channels, to + length, 0.0f);
  });
}

// What a layer computed outside the volume does not exist.
void clear_outside(const Conv4dAt& p, const Box& box, int64_t channels, const int64_t* at, float* values) {
  bool whole = true;
  for (int a = 0; a < 4; a++) whole = whole && at[a] >= box.reach[a] && at[a] + box.reach[a] < p.size[a];
  if (whole) return;
  const int64_t side = box.side(3);
  rows_of(box, at, p.size, [&](int64_t place, int64_t l, int64_t row) {
    for (int64_t d = 0; d < side; d++) {
      if (place >= 0 && l + d >= 0 && l + d < p.size[3]) continue;
      std::fill_n(values + (row * side + d) * channels, channels, 0.0f);
    }
  });
}

}  // namespace

void conv4d_at(sc_ctx& ctx, const Conv4dAt& p) {
  if (p.n == 0) return;
  std::vector<std::vector<Step>> nets;
  int64_t largest = 0;
  for (int direction = 0; direction < (p.symmetric ? 2 : 1); direction++) {
    std::vector<Conv4dLayer> layers = p.layers;
    if (direction == 1) std::transform(layers.begin(), layers.end(), layers.begin(), swapped);
    const auto boxes = conv4d_boxes(layers);
    nets.emplace_back();
    for (size_t i = 0; i < layers.size(); i++) {
      nets.back().push_back(step_of(layers[i], boxes[i], boxes[i + 1]));
      largest = std::max({largest, boxes[i].cells() * layers[i].in, boxes[i + 1].cells() * layers[i].out});
    }
  }
  const int64_t room = largest + kLanes, last = p.layers.back().out;
  Scratch<float> scratch(ctx, 4 * room * ctx.pool.threads(), "boxes of the convolution");
  ctx.pool.run((p.n + kPairs - 1) / kPairs, [&](int64_t job, int32_t worker) {
    float *input = scratch.get() + 4 * room * worker, *a = input + room, *b = a + room, *sum = b + room;
    for (int64_t n = job * kPairs; n < std::min<int64_t>(p.n, (job + 1) * kPairs); n++) {
      float* out = p.out + n * last;
      const int64_t first = p.pairs[2 * n], second = p.pairs[2 * n + 1];
      if (first < 0 || first >= p.size[0] * p.size[1] || second < 0 || second >= p.size[2] * p.size[3]) {
        std::fill_n(out, last, NAN);
        continue;
      }
      const int64_t at[4] = {first / p.size[1], first % p.size[1], second / p.size[3], second % p.size[3]};
      for (size_t direction = 0; direction < nets.size(); direction++) {
        const auto& net = nets[direction];
        // Kernels of one side want the same box in both directions.
        if (direction == 0 || !same(net[0].from, nets[0][0].from)) cut(p, net[0].from, net[0].layer.in, at, input);
        const float* from = input;
        for (size_t i = 0; i + 1 < net.size(); i++) {
          run(net[i], from, a);
          clear_outside(p, net[i].to, net[i].layer.out, at, a);
          from = a;
          std::swap(a, b);
        }
        run(net.back(), from, sum);
        for (int64_t o = 0; o < last; o++) out[o] = direction == 0 ? sum[o] : out[o] + sum[o];
      }
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_conv4d_at(sc_ctx* ctx, sc_tensor* x, const int32_t* size, sc_tensor* pairs, int32_t layers,
                                const int32_t* kernels, const int32_t* channels, sc_tensor* weights, sc_tensor* biases,
                                int32_t relu, int32_t symmetric, sc_tensor* out) {
  return sc::border(ctx, "sc_conv4d_at", [&] {
    auto p = sc::check_conv4d_at(ctx, x, size, pairs, layers, kernels, channels, weights, biases, relu, symmetric, out);
    SC_CALL(conv4d_at, *ctx, p);
  });
}
#endif
