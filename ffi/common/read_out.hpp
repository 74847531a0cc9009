// Argument checks of the operations that read positions and values out of maps.
#pragma once

#include "handle.hpp"

namespace sc {

struct Argmax {
  const float* x;
  int64_t rows, cols;
  int32_t* index;
  float* score;
};

inline Argmax check_argmax(sc_ctx* ctx, sc_tensor* x, sc_tensor* index, sc_tensor* score) {
  need_tensor(ctx, x, "x", kFloat, 2);
  need_shape(ctx, index, "index", kInt, x->shape[0]);
  need_shape(ctx, score, "score", kFloat, x->shape[0]);
  need_apart(score, "score", x);
  return {x->f(), x->shape[0], x->shape[1], index->i(), score->f()};
}

struct SoftArgmax {
  const float* x;
  int64_t rows, height, width;
  float temperature, sigma;
  int32_t radius;
  bool masked;
  float* out;
};

inline SoftArgmax check_soft_argmax(sc_ctx* ctx, sc_tensor* x, float temperature, float sigma, int32_t radius,
                                    int32_t masked, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 3);
  need_shape(ctx, out, "out", kFloat, x->shape[0], 2);
  need_apart(out, "out", x);
  need(temperature > 0 && std::isfinite(temperature), "temperature must be above 0");
  need(std::isfinite(sigma), "sigma must be finite");
  return {x->f(), x->shape[0], x->shape[1], x->shape[2], temperature, sigma, radius, masked != 0, out->f()};
}

struct Sample {
  const float* map;
  int64_t height, width, channels;
  const float* points;
  int64_t count;
  bool border;
  int32_t relative;
  float* out;
};

inline Sample check_sample(sc_ctx* ctx, sc_tensor* map, sc_tensor* points, int32_t border, int32_t relative,
                           sc_tensor* out) {
  need_tensor(ctx, map, "map", kFloat, 3);
  need_tensor(ctx, points, "points", kFloat, 2);
  need_shape(ctx, points, "points", kFloat, points->shape[0], 2);
  need_shape(ctx, out, "out", kFloat, points->shape[0], map->shape[2]);
  need_apart(out, "out", map);
  need_apart(out, "out", points);
  need(relative >= 0, "relative must not be negative");
  need(points->shape[0] == 0 || !border || (map->shape[0] > 0 && map->shape[1] > 0), "the map has no border: it is empty");
  return {map->f(),    map->shape[0],    map->shape[1], map->shape[2], points->f(),
          points->shape[0], border != 0, relative,      out->f()};
}

struct Interpolate4d {
  const float* x;
  int64_t from[4], to[4], channels;
  bool align_corners;
  float* out;
};

inline Interpolate4d check_interpolate4d(sc_ctx* ctx, sc_tensor* x, int32_t align_corners, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 5);
  need_tensor(ctx, out, "out", kFloat, 5);
  need(out->shape[4] == x->shape[4], "out must have the channels of x");
  need_apart(out, "out", x);
  Interpolate4d p{};
  p.x = x->f();
  p.out = out->f();
  p.channels = x->shape[4];
  p.align_corners = align_corners != 0;
  for (int a = 0; a < 4; a++) {
    p.from[a] = x->shape[a];
    p.to[a] = out->shape[a];
    need(p.from[a] > 0 || out->count == 0, "an empty volume has nothing to interpolate");
  }
  return p;
}

}  // namespace sc
