// 4-D convolution, channels last: the direct form, and the choice between it and conv4d_fft.cpp.
//
// A job makes all outputs of one (i, j) for a few k: rows of L cells. The input is kept with a zero halo along l, so a
// row of outputs is a sum of small products: for every tap (a, b, c) in range, [cells of the row] x [k4 * in] times
// [k4 * in] x [out], where the k4 * in values of a cell are contiguous. Taps out of range in i, j, k are skipped.
//
// - many outputs: channels of the output in vector lanes, a few cells of the row in registers (`spread`);
// - few outputs, many inputs: channels of the input in lanes, summed at the end (`dot`);
// - one input, few outputs: cells of the row in lanes (`planar`).
#include <algorithm>

#include "conv4d_fft.hpp"
#include "spread.hpp"

SC_KERNEL(conv4d, Conv4d)

namespace sc::SC_ISA {
namespace {

// A volume between layers: [I][J][K][halo + L + halo][channels].
struct Volume {
  float* data;
  int64_t halo, row, channels;  // row: floats of one padded row
  int64_t J, K;
  float* at(int64_t i, int64_t j, int64_t k) const { return data + ((i * J + j) * K + k) * row; }
};

enum class Form { spread, dot, planar };

Form form_of(const Conv4dLayer& l) {
  if (l.out > 4) return Form::spread;
  if (l.in == 1) return Form::planar;
  return l.in * l.k[3] >= 2 * kLanes ? Form::dot : Form::spread;
}

// --------------------------------------------------------------------------------------------------------------- dot

constexpr int kDotCells = 12;

// acc[cell][lane] += sum over taps and q of x[cell * in + q] * w[q], lane = q % kLanes, for `cells` of kCells cells; the
// caller adds the lanes. The last vector of the depth may hang over: what it reads beyond is masked, not multiplied by a
// zero weight (NaN).
template <int kIn>
struct Dots {
  template <int kCells>
  struct Kernel {
    static void run(const Tap* taps, int64_t count, int64_t first, int64_t in_channels, int64_t depth, int64_t cells,
                    float* acc) {
      const int64_t in = kIn > 0 ? kIn : in_channels;
      V sum[kCells] = {};
      const int64_t whole = depth / kLanes * kLanes;
      const VI mask = lane_indices() < static_cast<int32_t>(depth - whole);
      for (int64_t t = 0; t < count; t++) {
        const float *x = taps[t].x + first, *w = taps[t].w;
        for (int64_t q = 0; q < whole; q += kLanes) {
          V weight = load(w + q);
#pragma GCC unroll 12
          for (int r = 0; r < kCells; r++) sum[r] += load(x + r * in + q) * weight;
        }
        if (whole == depth) continue;
        V weight = load(w + whole);
#pragma GCC unroll 12
        for (int r = 0; r < kCells; r++) sum[r] += select(mask, load(x + r * in + whole), V{}) * weight;
      }
#pragma GCC unroll 12
      for (int r = 0; r < kCells; r++) {
        if (r >= cells) break;
        store(acc + r * kLanes, load(acc + r * kLanes) + sum[r]);
      }
    }
  };
};

using Dot = void (*)(const Tap*, int64_t, int64_t, int64_t, int64_t, int64_t, float*);
Dot dot_for(int64_t cells, int64_t in) {
  if (in == 16) return kernel_for<Dots<16>::Kernel, kDotCells>(cells);
  return kernel_for<Dots<0>::Kernel, kDotCells, kFewSizes>(cells);
}

// ------------------------------------------------------------------------------------------------------------ planar

// out[cell] += sum over taps and d < depth of x[cell + d] * w[d]; reads up to kPlanar * kLanes floats past the row.
constexpr int kPlanar = 4;

template <int kVectors>
void planar(const Tap* taps, int64_t count, int64_t first, int64_t depth, int64_t cells, float* out) {
  // Two taps at a time: one alone has too few sums to hide the latency of a multiply-add.
  V sum[2][kVectors] = {};
  for (int64_t t = 0; t < count; t += 2) {
    const float *x0 = taps[t].x + first, *w0 = taps[t].w;
    if (t + 1 == count) {
      for (int64_t d = 0; d < depth; d++) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++) sum[0][v] += load(x0 + d + v * kLanes) * splat(w0[d]);
      }
      break;
    }
    const float *x1 = taps[t + 1].x + first, *w1 = taps[t + 1].w;
    for (int64_t d = 0; d < depth; d++) {
      V a = splat(w0[d]), b = splat(w1[d]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) {
        sum[0][v] += load(x0 + d + v * kLanes) * a;
        sum[1][v] += load(x1 + d + v * kLanes) * b;
      }
    }
  }
  for (int64_t c = 0; c < cells; c++) out[c] += sum[0][c / kLanes][c % kLanes] + sum[1][c / kLanes][c % kLanes];
}

// ------------------------------------------------------------------------------------------------------------- layer

// Weights in the order the kernels read them.
struct Packed {
  Form form;
  int64_t group;   // output channels of a block
  int64_t groups;
  int64_t depth;   // k4 * in
  int64_t stored;  // depth, rounded up to whole vectors for `dot`
  const float* data;
  // spread: [a][b][c][group][q][channel]; else [a][b][c][out][q]
  const float* tap(const Conv4dLayer& l, int64_t a, int64_t b, int64_t c, int64_t block) const {
    return data + ((((a * l.k[1] + b) * l.k[2] + c) * groups + block) * stored) * group;
  }
};

int64_t group_of(const Conv4dLayer& l) {
  if (form_of(l) != Form::spread) return 1;
  return kLanes <= 8 && l.out % kGroup > 0 && l.out % kGroup <= 8 && l.out < kGroup ? 8 : kGroup;
}

int64_t stored_depth(const Conv4dLayer& l) {
  const int64_t depth = l.k[3] * static_cast<int64_t>(l.in);
  return form_of(l) == Form::dot ? (depth + kLanes - 1) / kLanes * kLanes : depth;
}

int64_t packed_size(const Conv4dLayer& l) {
  const int64_t group = group_of(l);
  return (l.out + group - 1) / group * group * stored_depth(l) * l.k[0] * l.k[1] * l.k[2];
}

Packed pack(const Conv4dLayer& l, float* to) {
  Packed p{form_of(l), group_of(l), 0, l.k[3] * static_cast<int64_t>(l.in), stored_depth(l), to};
  p.groups = (l.out + p.group - 1) / p.group;
  for (int64_t a = 0; a < l.k[0]; a++) {
    for (int64_t b = 0; b < l.k[1]; b++) {
      for (int64_t c = 0; c < l.k[2]; c++) {
        for (int64_t g = 0; g < p.groups; g++) {
          for (int64_t d = 0; d < l.k[3]; d++) {
            for (int64_t i = 0; i < l.in; i++) {
              for (int64_t o = g * p.group; o < (g + 1) * p.group; o++) {
                *to++ = o < l.out ? l.weights[weight_offset(l, o, i, a, b, c, d)] : 0.0f;
              }
            }
          }
          for (int64_t q = p.depth; q < p.stored; q++) *to++ = 0;
        }
      }
    }
  }
  return p;
}

// Where a layer's values go: a padded volume, or the caller's tensor (halo 0), there perhaps added to what it holds.
struct Target {
  Volume volume;
  bool add;
};

// Floats of partial sums per cell.
int64_t acc_stride(const Conv4dLayer& l) {
  const int64_t group = group_of(l), channels = (l.out + group - 1) / group * group;
  return form_of(l) == Form::dot ? channels * kLanes : channels;
}

// Cells of a row that one call of a kernel makes.
int64_t cells_at_once(const Packed& w) {
  if (w.form == Form::spread) return cells_for(static_cast<int>(w.group) / kLanes);
  return w.form == Form::dot ? kDotCells : kPlanar * kLanes;
}

constexpr int64_t kAccBytes = 96 * 1024;     // partial sums of a job
constexpr int64_t kTaps = 512;               // of one call of a kernel
constexpr int64_t kWeightBytes = 16 * 1024;  // weights in use at once: half of L1

// The taps of axis position `at` that stay inside: [low, high).
struct Range {
  int64_t low, high;
};
Range taps_inside(int64_t at, int64_t size, int64_t k) {
  const int64_t pad = k / 2;
  return {std::max<int64_t>(0, pad - at), std::min(k, size - at + pad)};
}

void layer(sc_ctx& ctx, const Conv4d& net, const Conv4dLayer& l, const Volume& x, const Packed& w, const Target& target,
           Scratch<float>& acc_memory, int64_t acc_size, int64_t k_rows) {
  const int64_t K = net.size[2], L = net.size[3], J = net.size[1];
  const int64_t chunks = (K + k_rows - 1) / k_rows;
  const int64_t stride = acc_stride(l);
  const int64_t start = (x.halo - l.k[3] / 2) * l.in;
  const int64_t most = cells_at_once(w);
  const int64_t blocks = (L + most - 1) / most;
  // Taps that are used together for every row before the next ones: their weights fit L1, and for `dot`, which reads
  // every input once per weight, so do their inputs.
  const int64_t fits = std::clamp<int64_t>(kWeightBytes / (w.stored * w.group * 4), 1, kTaps);
  const int64_t together = w.form == Form::dot ? std::min<int64_t>(fits, std::max(9 / l.k[2] * l.k[2], l.k[2])) : fits;
  ctx.pool.run(net.size[0] * J * chunks, [&](int64_t job, int32_t worker) {
    const int64_t i = job / chunks / J, j = job / chunks % J, k0 = job % chunks * k_rows, k1 = std::min(K, k0 + k_rows);
    float* acc = acc_memory.get() + worker * acc_size;
    std::fill(acc, acc + (k1 - k0) * L * stride, 0.0f);
    const Range ra = taps_inside(i, net.size[0], l.k[0]), rb = taps_inside(j, J, l.k[1]);
    const int64_t across = (rb.high - rb.low) * l.k[2], triples = (ra.high - ra.low) * across;
    Tap bases[kTaps], taps[kTaps];  // a base is the tap as it would be for k = 0
    int32_t axis_c[kTaps];
    for (int64_t g = 0; g < w.groups; g++) {
      for (int64_t from = 0; from < triples; from += together) {
        const int64_t some = std::min(triples - from, together);
        for (int64_t t = 0; t < some; t++) {
          const int64_t a = ra.low + (from + t) / across, b = rb.low + (from + t) % across / l.k[2];
          const int64_t c = (from + t) % l.k[2];
          const float* row = x.at(i + a - l.k[0] / 2, j + b - l.k[1] / 2, 0) + (c - l.k[2] / 2) * x.row + start;
          bases[t] = {row, w.tap(l, a, b, c, g)};
          axis_c[t] = static_cast<int32_t>(c);
        }
        for (int64_t k = k0; k < k1; k++) {
          const Range rc = taps_inside(k, K, l.k[2]);
          int64_t count = 0;
          for (int64_t t = 0; t < some; t++) {
            if (axis_c[t] < rc.low || axis_c[t] >= rc.high) continue;
            taps[count++] = {bases[t].x + k * x.row, bases[t].w};
          }
          if (count == 0) continue;
          float* sums = acc + (k - k0) * L * stride;
          for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = L * block / blocks, cells = L * (block + 1) / blocks - first;
            if (w.form == Form::spread) {
              Spread run;
              if constexpr (kLanes == 16) run = spread_for<1>(cells, l.in);
              else if (w.group == 8) run = spread_for<8 / kLanes>(cells, l.in);
              else run = spread_for<kGroup / kLanes>(cells, l.in);
              run(taps, count, first * l.in, l.in, w.depth, cells, sums + g * w.group + first * stride, stride);
            } else if (w.form == Form::dot) {
              // Here a block of weights is one output channel, and sums are [out][cell][lane].
              const Dot run = dot_for(cells, l.in);
              run(taps, count, first * l.in, l.in, w.depth, cells, sums + (g * L + first) * kLanes);
            } else {
              float* to_row = sums + g * L + first;  // [out][cell]
              if (cells <= kLanes) planar<1>(taps, count, first, w.depth, cells, to_row);
              else if (cells <= 2 * kLanes) planar<2>(taps, count, first, w.depth, cells, to_row);
              else planar<kPlanar>(taps, count, first, w.depth, cells, to_row);
            }
          }
        }
      }
    }
    const Volume& y = target.volume;
    for (int64_t k = k0; k < k1; k++) {
      float* out = y.at(i, j, k);
      std::fill(out, out + y.halo * l.out, 0.0f);
      std::fill(out + (y.halo + L) * l.out, out + y.row, 0.0f);
      out += y.halo * l.out;
      const float* sums = acc + (k - k0) * L * stride;
      if (l.out % kLanes == 0 && w.form == Form::spread) {
        for (int64_t cell = 0; cell < L; cell++, out += l.out, sums += stride) {
          for (int64_t o = 0; o < l.out; o += kLanes) {
            V v = load(sums + o) + load(l.bias + o);
            if (l.relu) v = select(v < 0, V{}, v);
            store(out + o, target.add ? load(out + o) + v : v);
          }
        }
        continue;
      }
      for (int64_t cell = 0; cell < L; cell++) {
        for (int64_t o = 0; o < l.out; o++) {
          const float sum = w.form == Form::spread ? sums[cell * stride + o]
                            : w.form == Form::dot ? sum_lanes(load(sums + (o * L + cell) * kLanes))
                                                  : sums[o * L + cell];
          float v = sum + l.bias[o];
          // NaN passes, as in every framework's ReLU.
          if (l.relu && v < 0) v = 0;
          out[cell * l.out + o] = target.add ? out[cell * l.out + o] + v : v;
        }
      }
    }
  });
}

// Floats read past a volume: by vectors that hang over its last row, and for cells that a kernel makes beyond the row.
int64_t hang_over(int64_t channels) { return 2 * kPlanar * kLanes + kMostExtra * channels; }

int64_t volume_size(const Conv4d& net, int64_t halo, int64_t channels) {
  return net.size[0] * net.size[1] * net.size[2] * (net.size[3] + 2 * halo) * channels + hang_over(channels);
}

Volume volume_of(const Conv4d& net, float* data, int64_t halo, int64_t channels) {
  return {data, halo, (net.size[3] + 2 * halo) * channels, channels, net.size[1], net.size[2]};
}

void direction(sc_ctx& ctx, const Conv4d& net, const std::vector<Conv4dLayer>& layers, bool add) {
  const int64_t threads = ctx.pool.threads(), K = net.size[2], L = net.size[3];
  int64_t most_weights = 0, most_acc = 0, most_volume[2] = {0, 0};
  auto rows_of = [&](const Conv4dLayer& l) {
    const int64_t row = L * acc_stride(l);
    return std::clamp<int64_t>(kAccBytes / 4 / row, 1, K);
  };
  for (size_t n = 0; n < layers.size(); n++) {
    const auto& l = layers[n];
    most_weights = std::max(most_weights, packed_size(l));
    most_acc = std::max(most_acc, rows_of(l) * L * acc_stride(l));
    most_volume[n % 2] = std::max(most_volume[n % 2], volume_size(net, l.k[3] / 2, l.in));
  }
  Scratch<float> weights(ctx, most_weights, "packed weights"), acc(ctx, threads * most_acc, "partial sums");
  Scratch<float> even(ctx, most_volume[0], "a padded volume"), odd(ctx, most_volume[1], "a padded volume");

  Volume x = volume_of(net, even.get(), layers[0].k[3] / 2, layers[0].in);
  ctx.pool.run(net.size[0], [&](int64_t i, int32_t) {
    for (int64_t row = 0; row < net.size[1] * K; row++) {
      float* to = x.at(i, 0, 0) + row * x.row;
      const float* from = net.x + (i * net.size[1] * K + row) * L * x.channels;
      std::fill(to, to + x.halo * x.channels, 0.0f);
      std::copy(from, from + L * x.channels, to + x.halo * x.channels);
      std::fill(to + (x.halo + L) * x.channels, to + x.row, 0.0f);
    }
  });
  for (size_t n = 0; n < layers.size(); n++) {
    const auto& l = layers[n];
    const bool last = n + 1 == layers.size();
    const Packed w = pack(l, weights.get());
    Target target{volume_of(net, net.out, 0, l.out), add && last};
    if (!last) target.volume = volume_of(net, n % 2 ? even.get() : odd.get(), layers[n + 1].k[3] / 2, l.out);
    layer(ctx, net, l, x, w, target, acc, most_acc, rows_of(l));
    x = target.volume;
  }
}

// x - x is 0 for every finite x, and NaN otherwise.
bool finite(const float* x, int64_t count) {
  V sum{};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sum += load(x + i) - load(x + i);
  float rest = sum_lanes(sum);
  for (; i < count; i++) rest += x[i] - x[i];
  return rest == 0;
}

}  // namespace

void conv4d(sc_ctx& ctx, const Conv4d& net) {
  if (net.cells() == 0) return;
  std::vector<Conv4dLayer> other;
  for (const auto& l : net.layers) other.push_back(swapped(l));
  bool direct = true;
  for (const bool add : {false, true}) {
    if (add && !net.symmetric) break;
    const auto& layers = add ? other : net.layers;
    bool done = false;
    conv4d_fft(ctx, Conv4dPass{net, layers, add, &done});
    if (!done) direction(ctx, net, layers, add);
    direct = direct && !done;
  }
  // NaN, infinity and overflow spread over a whole volume of frequencies; the definition keeps them where they are.
  if (direct || finite(net.out, net.cells() * net.layers.back().out)) return;
  direction(ctx, net, net.layers, false);
  if (net.symmetric) direction(ctx, net, other, true);
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_conv4d(sc_ctx* ctx, sc_tensor* x, int32_t layers, const int32_t* kernels, const int32_t* channels,
                             sc_tensor* weights, sc_tensor* biases, int32_t relu, int32_t symmetric, sc_tensor* out) {
  return sc::border(ctx, "sc_conv4d", [&] {
    auto net = sc::check_conv4d(ctx, x, layers, kernels, channels, weights, biases, relu, symmetric, out);
    SC_CALL(conv4d, *ctx, net);
  });
}
#endif
