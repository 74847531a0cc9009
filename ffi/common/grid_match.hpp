// Argument checks of DSP's operations, one place for both libraries.
#pragma once

#include "handle.hpp"

namespace sc {

struct MapPair {
  const float *a, *b;
  int64_t height, width, target_height, target_width, channels;
};

inline MapPair check_maps(sc_ctx* ctx, sc_tensor* a, sc_tensor* b) {
  need_tensor(ctx, a, "a", kFloat, 3);
  need_tensor(ctx, b, "b", kFloat, 3);
  need(a->shape[2] == b->shape[2], "a and b differ in channels");
  return {a->f(), b->f(), a->shape[0], a->shape[1], b->shape[0], b->shape[1], a->shape[2]};
}

struct TranslationCosts {
  MapPair maps;
  int32_t step, nx, ny;
  float bound;
  float* out;
  int64_t rows, cols;  // of the grid on a
};

inline TranslationCosts check_translation_costs(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, int32_t step, int32_t nx,
                                                int32_t ny, float bound, sc_tensor* out) {
  TranslationCosts p{};
  p.maps = check_maps(ctx, a, b);
  need(step >= 1 && nx >= 0 && ny >= 0 && nx < 1 << 20 && ny < 1 << 20, "step, nx or ny is out of range");
  need(bound >= 0, "bound must not be negative");
  p.step = step, p.nx = nx, p.ny = ny, p.bound = bound;
  p.rows = (p.maps.height + step - 1) / step;
  p.cols = (p.maps.width + step - 1) / step;
  need_shape(ctx, out, "out", kFloat, 2 * nx + 1, 2 * ny + 1, p.cols, p.rows);
  need_apart(out, "out", a);
  need_apart(out, "out", b);
  p.out = out->f();
  return p;
}

struct WindowMatch {
  MapPair maps;
  const int32_t* start;
  int32_t radius, step;
  float penalty, outside;
  int32_t* flow;
  float* cost;
};

inline WindowMatch check_window_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t radius,
                                      int32_t step, float penalty, float outside, sc_tensor* flow, sc_tensor* cost) {
  WindowMatch p{};
  p.maps = check_maps(ctx, a, b);
  need_shape(ctx, start, "start", kInt, p.maps.height, p.maps.width, 2);
  need(radius >= 0 && radius <= 4096 && step >= 1, "radius must be 0..4096 and step at least 1");
  need(penalty >= 0 && outside >= 0, "penalty and outside must not be negative");
  need_shape(ctx, flow, "flow", kInt, p.maps.height, p.maps.width, 2);
  need_shape(ctx, cost, "cost", kFloat, p.maps.height, p.maps.width);
  need_apart(flow, "flow", start);
  p.start = start->i(), p.radius = radius, p.step = step, p.penalty = penalty, p.outside = outside;
  p.flow = flow->i(), p.cost = cost->f();
  return p;
}

}  // namespace sc
