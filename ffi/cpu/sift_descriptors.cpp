// SIFT descriptors: as many neighbouring ones at a time as a vector has lanes, so that every sum runs in the definition's
// order within its lane.
#include "../common/sift_descriptors.hpp"

#include <algorithm>

#include "isa.hpp"

SC_KERNEL(sift_descriptors, SiftDescriptors)

namespace sc::SC_ISA {
namespace {

// Products on their own, so that they are rounded before anything is added: the compiler would contract them otherwise.
__attribute__((noinline)) void sift_multiply(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes) store(out + i, load(a + i) * load(b + i));
}

// What the values of each lane are divided by: VLFeat's root of the sum of their squares. values, squares: [128][kLanes].
V sift_length(const float* values, float* squares) {
  sift_multiply(values, values, squares, kSiftValues * kLanes);
  V sum{};
  for (int64_t v = 0; v < kSiftValues; v++) sum += load(squares + v * kLanes);
  alignas(64) float x[kLanes], half[kLanes], r[kLanes], t[kLanes];
  store(x, sum);
  store(half, splat(0.5f) * sum);
  int32_t bits[kLanes];
  std::memcpy(bits, x, sizeof bits);
  for (int32_t& b : bits) b = kSiftGuess - (b >> 1);
  std::memcpy(r, bits, sizeof r);
  for (int step = 0; step < 2; step++) {
    sift_multiply(half, r, t, kLanes);
    sift_multiply(t, r, t, kLanes);
    store(t, splat(1.5f) - load(t));
    sift_multiply(r, t, r, kLanes);
  }
  sift_multiply(x, r, t, kLanes);
  for (int lane = 0; lane < kLanes; lane++) {
    if (static_cast<double>(x[lane]) < 1e-8) t[lane] = 0;
  }
  return load(t) + splat(kSiftEpsilon);
}

}  // namespace

void sift_descriptors(sc_ctx& ctx, const SiftDescriptors& p) {
  if (p.rows * p.cols == 0) return;
  const bool dense = p.step == 1;
  const int64_t reach = (kSiftBins - 1) * p.bin, lines = dense ? p.rows + reach : 0;
  const int64_t used = p.cols + reach, wide = used + kLanes;
  // All bins of an orientation side by side, [lines][8][wide], where descriptors are neighbours: loads are whole vectors.
  Scratch<float> turned(ctx, std::max<int64_t>(1, lines * kSiftAngles * wide), "planes of orientations");
  ctx.pool.run(lines, [&](int64_t line, int32_t) {
    const float* from = p.planes + ((p.top + line) * p.width + p.left) * kSiftAngles;
    float* to = turned.get() + line * kSiftAngles * wide;
    for (int64_t t = 0; t < kSiftAngles; t++) {
      for (int64_t x = 0; x < used; x++) to[t * wide + x] = from[x * kSiftAngles + t];
      std::fill_n(to + t * wide + used, kLanes, 0.0f);
    }
  });
  ctx.pool.run(p.rows, [&](int64_t row, int32_t) {
    alignas(64) float values[kSiftValues * kLanes], squares[kSiftValues * kLanes];
    for (int64_t col = 0; col < p.cols; col += kLanes) {
      const int64_t count = std::min<int64_t>(kLanes, p.cols - col);
      for (int64_t v = 0; v < kSiftValues; v++) {
        const int64_t x = (v >> 5) * p.bin, y = (v >> 3 & 3) * p.bin, t = v & 7;
        const V weight = splat(p.weights[v >> 3]);
        float* to = values + v * kLanes;
        if (dense) {
          store(to, weight * load(turned.get() + ((row + y) * kSiftAngles + t) * wide + col + x));
          continue;
        }
        const float* line = p.planes + (p.top + row * p.step + y) * p.width * kSiftAngles;
        for (int64_t lane = 0; lane < kLanes; lane++) {
          const int64_t at = p.left + (col + std::min(lane, count - 1)) * p.step + x;
          to[lane] = line[at * kSiftAngles + t];
        }
        store(to, weight * load(to));
      }
      const V length = sift_length(values, squares), cut = splat(kSiftCut);
      for (int64_t v = 0; v < kSiftValues; v++) {
        const V value = load(values + v * kLanes) / length;
        store(values + v * kLanes, select(value < cut, value, cut));
      }
      const V again = sift_length(values, squares), most = splat(255.0f);
      for (int64_t v = 0; v < kSiftValues; v++) {
        const V value = splat(512.0f) * (load(values + v * kLanes) / again);
        store(values + v * kLanes, select(value < most, value, most));
      }
      for (int64_t lane = 0; lane < count; lane++) {
        float* to = p.out + (row * p.cols + col + lane) * kSiftValues;
        for (int64_t v = 0; v < kSiftValues; v++) to[sift_place(v)] = values[v * kLanes + lane];
      }
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_sift_descriptors(sc_ctx* ctx, sc_tensor* planes, sc_tensor* weights, int32_t bin, int32_t top,
                                       int32_t left, int32_t step, sc_tensor* out) {
  return sc::border(ctx, "sc_sift_descriptors", [&] {
    auto p = sc::check_sift_descriptors(ctx, planes, weights, bin, top, left, step, out);
    SC_CALL(sift_descriptors, *ctx, p);
  });
}
#endif
