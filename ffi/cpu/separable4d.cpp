// Separable 4-D convolution: a 2-D convolution of each pair of axes while the other pair lies in the vectors, summed.
//
// The lanes are the positions of the other pair, so both branches are one routine: the pair that is convolved leads, the
// other one is contiguous (the target branch works on a transposed copy). A tile is some output channels x two vectors;
// its weights lie beside each other.
#include <algorithm>

#include "../common/separable4d.hpp"
#include "isa.hpp"

SC_KERNEL(separable4d, Separable4d)

namespace sc::SC_ISA {
namespace {

// Output channels of a tile: the accumulators of the widest fill the registers, narrower ones leave fewer idle.
constexpr int kWidths[] = {4, kLanes == 16 ? 8 : 6, kLanes == 16 ? 12 : 6};

// The width that costs least, a step being `width` products of two vectors and their loads.
inline int64_t width_for(int64_t outputs) {
  int64_t best = 0, least = 0;
  for (int64_t width : kWidths) {
    const int64_t cost = (outputs + width - 1) / width * (width + 1);
    if (best == 0 || cost < least) best = width, least = cost;
  }
  return best;
}

inline int64_t whole(int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

// Floats between neighbouring places: an odd number of cache lines, so that a column of places does not fall on a few sets.
inline int64_t lane_stride(int64_t count) { return ((count + 15) / 16 | 1) * 16; }

// The larger of two; NaN is left out while there is a number.
inline float larger(float best, float v) { return v > best || best != best ? v : best; }

// best = the larger of both, element by element.
inline void larger_line(float* best, const float* x, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const V b = load(best + i), v = load(x + i);
    store(best + i, select((v > b) | (b != b), v, b));
  }
  for (; i < count; i++) best[i] = larger(best[i], x[i]);
}

// One 2-D convolution with `lanes` positions beside each other.
struct Lanes {
  const float* x;        // [in][height][width][padded]
  const float* weights;  // [in][kh][kw][outputs padded to whole tiles]
  const float* bias;
  float* out;        // [outputs][out_height][out_width][lanes]
  int64_t tile_out;  // output channels of a tile
  int64_t in, outputs, height, width, out_height, out_width, kh, kw, sh, sw, lanes, padded;
};

// The tile of outputs `o`.. and lanes `lane`.. of one place.
template <int kTileOut, int kVectors>
void tile(const Lanes& p, int64_t y, int64_t x, int64_t o, int64_t lane) {
  const int64_t stride = (p.outputs + kTileOut - 1) / kTileOut * kTileOut;
  const int64_t top = y * p.sh - p.kh / 2, left = x * p.sw - p.kw / 2;
  V acc[kTileOut][kVectors] = {};
  for (int64_t c = 0; c < p.in; c++) {
    for (int64_t u = 0; u < p.kh; u++) {
      if (top + u < 0 || top + u >= p.height) continue;
      for (int64_t v = 0; v < p.kw; v++) {
        if (left + v < 0 || left + v >= p.width) continue;
        const float* from = p.x + ((c * p.height + top + u) * p.width + left + v) * p.padded + lane;
        const float* w = p.weights + ((c * p.kh + u) * p.kw + v) * stride + o;
        V in[kVectors];
#pragma GCC unroll 2
        for (int n = 0; n < kVectors; n++) in[n] = load(from + n * kLanes);
#pragma GCC unroll 12
        for (int t = 0; t < kTileOut; t++) {
          const V by = splat(w[t]);
#pragma GCC unroll 2
          for (int n = 0; n < kVectors; n++) acc[t][n] += by * in[n];
        }
      }
    }
  }
  float line[kVectors * kLanes];
  const int64_t count = std::min<int64_t>(kVectors * kLanes, p.lanes - lane);
#pragma GCC unroll 12
  for (int t = 0; t < kTileOut; t++) {
    if (o + t >= p.outputs) break;
    for (int n = 0; n < kVectors; n++) store(line + n * kLanes, acc[t][n] + splat(p.bias[o + t]));
    std::memcpy(p.out + (((o + t) * p.out_height + y) * p.out_width + x) * p.lanes + lane, line, count * sizeof(float));
  }
}

template <int kTileOut>
void convolve_by(sc_ctx& ctx, const Lanes& p) {
  // Lanes are split too: the two ends of a small map have many.
  const int64_t span = 16 * kLanes, used = whole(p.lanes), spans = (used + span - 1) / span;
  ctx.pool.run(p.out_height * p.out_width * spans, [&](int64_t job, int32_t) {
    const int64_t place = job / spans, first = job % spans * span, last = std::min(used, first + span);
    const int64_t y = place / p.out_width, x = place % p.out_width;
    for (int64_t lane = first; lane < last;) {
      const bool two = last - lane >= 2 * kLanes;
      for (int64_t o = 0; o < p.outputs; o += kTileOut) {
        if (two) tile<kTileOut, 2>(p, y, x, o, lane);
        else tile<kTileOut, 1>(p, y, x, o, lane);
      }
      lane += (two ? 2 : 1) * kLanes;
    }
  });
}

void convolve(sc_ctx& ctx, const Lanes& p) {
  if (p.tile_out == kWidths[0]) return convolve_by<kWidths[0]>(ctx, p);
  if (p.tile_out == kWidths[1]) return convolve_by<kWidths[1]>(ctx, p);
  convolve_by<kWidths[2]>(ctx, p);
}

void pack_weights(const float* weights, int64_t outputs, int64_t stride, int64_t rest, float* to) {
  for (int64_t r = 0; r < rest; r++) {
    for (int64_t o = 0; o < stride; o++) to[r * stride + o] = o < outputs ? weights[o * rest + r] : 0;
  }
}

}  // namespace

void separable4d(sc_ctx& ctx, const Separable4d& p) {
  const int64_t I = p.size[0], J = p.size[1], K = p.size[2], L = p.size[3];
  const int64_t oI = p.out_size[0], oJ = p.out_size[1], oK = p.out_size[2], oL = p.out_size[3];
  const int64_t source = oI * oJ, target = oK * oL, cells = source * target;
  if (p.batch * p.outputs * cells == 0) return;
  const int64_t width = width_for(p.outputs), stride = (p.outputs + width - 1) / width * width;
  Scratch<float> wa(ctx, p.in * p.k[0] * p.k[1] * stride, "weights"), wb(ctx, p.in * p.k[2] * p.k[3] * stride, "weights");
  pack_weights(p.weights[0], p.outputs, stride, p.in * p.k[0] * p.k[1], wa.get());
  pack_weights(p.weights[1], p.outputs, stride, p.in * p.k[2] * p.k[3], wb.get());
  const int64_t target_lanes = lane_stride(target), source_lanes = lane_stride(source);
  Scratch<float> pooled(ctx, p.in * std::max(I * J * target_lanes, K * L * source_lanes), "the pooled volume");
  Scratch<float> other(ctx, p.outputs * cells, "the target branch");
  const int64_t room = std::max(L, oJ * K * L);
  Scratch<float> lines(ctx, ctx.pool.threads() * room, "a row of planes");

  for (int64_t n = 0; n < p.batch; n++) {
    const float* x = p.x + n * p.in * I * J * K * L;
    float* out = p.out + n * p.outputs * cells;
    // The source branch: the target pair pooled, in the lanes. Rows are joined first, as vectors.
    ctx.pool.run(p.in * I * J, [&](int64_t job, int32_t worker) {
      const float* from = x + job * K * L;
      float *to = pooled.get() + job * target_lanes, *line = lines.get() + worker * room;
      for (int64_t k = 0; k < oK; k++) {
        const int64_t first = k * p.stride[2], last = std::min(K, first + p.stride[2]);
        std::memcpy(line, from + first * L, L * sizeof(float));
        for (int64_t u = first + 1; u < last; u++) larger_line(line, from + u * L, L);
        for (int64_t l = 0; l < oL; l++) {
          float best = line[l * p.stride[3]];
          for (int64_t v = l * p.stride[3] + 1, end = std::min(L, (l + 1) * p.stride[3]); v < end; v++) best = larger(best, line[v]);
          to[k * oL + l] = best;
        }
      }
      std::fill(to + target, to + target_lanes, 0.0f);
    });
    convolve(ctx, {pooled.get(), wa.get(), p.bias[0], out, width, p.in, p.outputs, I, J, oI, oJ, p.k[0], p.k[1], p.stride[0],
                   p.stride[1], target, target_lanes});
    // The target branch: the source pair pooled plane by plane, a row of planes transposed into the lanes.
    ctx.pool.run(p.in * oI, [&](int64_t job, int32_t worker) {
      const int64_t c = job / oI, i = job % oI, plane = K * L;
      const float* from = x + c * I * J * plane;
      float *to = pooled.get() + c * plane * source_lanes + i * oJ, *row = lines.get() + worker * room;
      for (int64_t j = 0; j < oJ; j++) {
        float* best = row + j * plane;
        std::memcpy(best, from + (i * p.stride[0] * J + j * p.stride[1]) * plane, plane * sizeof(float));
        for (int64_t u = i * p.stride[0]; u < std::min(I, (i + 1) * p.stride[0]); u++) {
          for (int64_t v = j * p.stride[1]; v < std::min(J, (j + 1) * p.stride[1]); v++) {
            larger_line(best, from + (u * J + v) * plane, plane);
          }
        }
      }
      for (int64_t e = 0; e < plane; e++) {
        for (int64_t j = 0; j < oJ; j++) to[e * source_lanes + j] = row[j * plane + e];
        if (i == oI - 1) std::fill(to + e * source_lanes + oJ, to + e * source_lanes + source_lanes - i * oJ, 0.0f);
      }
    });
    convolve(ctx, {pooled.get(), wb.get(), p.bias[1], other.get(), width, p.in, p.outputs, K, L, oK, oL, p.k[2], p.k[3],
                   p.stride[2], p.stride[3], source, source_lanes});
    // out[o][s][t] += other[o][t][s], in blocks of 16 x 16 so that both sides stay in cache.
    constexpr int64_t kBlock = 16;
    const int64_t blocks = (source + kBlock - 1) / kBlock;
    ctx.pool.run(p.outputs * blocks, [&](int64_t job, int32_t) {
      const int64_t o = job / blocks, s0 = job % blocks * kBlock, s1 = std::min(source, s0 + kBlock);
      for (int64_t t0 = 0; t0 < target; t0 += kBlock) {
        for (int64_t s = s0; s < s1; s++) {
          for (int64_t t = t0; t < std::min(target, t0 + kBlock); t++) {
            out[(o * source + s) * target + t] += other[(o * target + t) * source + s];
          }
        }
      }
    });
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_separable4d(sc_ctx* ctx, sc_tensor* x, sc_tensor* source_weights, sc_tensor* source_bias,
                                  sc_tensor* target_weights, sc_tensor* target_bias, const int32_t* strides,
                                  sc_tensor* out) {
  return sc::border(ctx, "sc_separable4d", [&] {
    auto p = sc::check_separable4d(ctx, x, source_weights, source_bias, target_weights, target_bias, strides, out);
    SC_CALL(separable4d, *ctx, p);
  });
}
#endif
