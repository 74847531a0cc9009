// Argument checks of SIFT Flow's operations, and the layout both libraries share.
#pragma once

#include <cstdlib>
#include <initializer_list>

#include "handle.hpp"

namespace sc {

// Four bytes per int32, in memory order: channel c is byte c of the cell.
struct HalveBytes {
  const uint8_t* in;
  uint8_t* out;
  int64_t rows, cols, channels;
};

inline HalveBytes check_halve_bytes(sc_ctx* ctx, sc_tensor* map, sc_tensor* out) {
  need_tensor(ctx, map, "map", kInt, 3);
  const int64_t rows = map->shape[0], cols = map->shape[1], words = map->shape[2];
  need_shape(ctx, out, "out", kInt, (rows + 1) / 2, (cols + 1) / 2, words);
  need_apart(out, "out", map);
  return {reinterpret_cast<const uint8_t*>(map->data), reinterpret_cast<uint8_t*>(out->data), rows, cols, 4 * words};
}

struct BpFlow {
  const uint8_t *source, *target;
  int64_t height, width, target_height, target_width, channels;
  const int32_t* centre;  // [height][width][2]
  int32_t window, alpha, bound, iterations, merges;
  double gamma;
  bool corrected, trace;
  int32_t *flow, *energies;

  int32_t states() const { return 2 * window + 1; }
};

constexpr int32_t kMergedIterations = 20;
constexpr int32_t kHistogramBins = 20000;

inline BpFlow check_bp_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, sc_tensor* centre, int32_t window,
                            int32_t alpha, int32_t bound, double gamma, int32_t iterations, int32_t merges,
                            int32_t corrected, int32_t trace, sc_tensor* flow, sc_tensor* energies) {
  need_tensor(ctx, source, "source", kInt, 3);
  need_tensor(ctx, target, "target", kInt, 3);
  need(source->shape[2] == target->shape[2], "source and target differ in channels");
  need(source->shape[2] <= 2048, "more than 8192 channels");
  const int64_t h = source->shape[0], w = source->shape[1];
  need_shape(ctx, centre, "centre", kInt, h, w, 2);
  need(window >= 0 && window <= 64, "window must be 0..64");
  need(alpha >= 0 && alpha <= 32767 && bound >= 0 && bound <= 32767 && static_cast<int64_t>(alpha) * 2 * window <= 32767,
       "alpha, bound and 2 window alpha must be 0..32767");
  need(gamma >= 0 && gamma <= 1e5, "gamma must be 0..100000");
  need(iterations >= 1 && iterations <= 100000, "iterations must be 1..100000");
  need(merges >= 0 && merges <= 6, "merges must be 0..6");
  need_shape(ctx, flow, "flow", kInt, h, w, 2);
  need_shape(ctx, energies, "energies", kInt, trace ? iterations : 1, 2);
  for (const sc_tensor* in : {source, target, centre}) {
    need_apart(flow, "flow", in);
    need_apart(energies, "energies", in);
  }
  need_apart(flow, "flow", energies);
  BpFlow p{};
  p.source = reinterpret_cast<const uint8_t*>(source->data);
  p.target = reinterpret_cast<const uint8_t*>(target->data);
  p.height = h, p.width = w, p.target_height = target->shape[0], p.target_width = target->shape[1];
  p.channels = 4 * source->shape[2];
  p.centre = centre->i();
  p.window = window, p.alpha = alpha, p.bound = bound, p.iterations = iterations, p.merges = merges;
  p.gamma = gamma;
  p.corrected = corrected != 0, p.trace = trace != 0;
  p.flow = flow->i(), p.energies = energies->i();
  return p;
}

inline void put_energy(int32_t* out, int64_t energy) {
  out[0] = static_cast<int32_t>(energy >> 24);
  out[1] = static_cast<int32_t>(energy & 0xFFFFFF);
}

}  // namespace sc
