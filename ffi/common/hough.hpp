// Argument check of regularised Hough matching.
#pragma once

#include "handle.hpp"

namespace sc {

struct Hough {
  const float *votes, *source, *target, *filter;
  int64_t m, n, nx, ny, fy, fx;
  float cell;
  float *confidence, *space;
  int64_t bins;
};

inline Hough check_hough(sc_ctx* ctx, sc_tensor* votes, sc_tensor* source, sc_tensor* target, float cell, int32_t nx,
                         int32_t ny, sc_tensor* filter, sc_tensor* confidence, sc_tensor* space) {
  need_tensor(ctx, votes, "votes", kFloat, 2);
  need_shape(ctx, source, "source", kFloat, votes->shape[0], 2);
  need_shape(ctx, target, "target", kFloat, votes->shape[1], 2);
  need(cell > 0 && std::isfinite(cell), "cell must be above 0 and finite");
  need(nx >= 1 && ny >= 1 && static_cast<int64_t>(nx) * ny <= 1 << 24, "nx and ny must be at least 1, with up to 2^24 cells");
  need_tensor(ctx, filter, "filter", kFloat, 2);
  need(filter->shape[0] % 2 == 1 && filter->shape[1] % 2 == 1, "the filter's sides must be odd");
  need_same_shape(ctx, confidence, "confidence", votes);
  need_shape(ctx, space, "space", kFloat, ny, nx);
  need_apart(confidence, "confidence", votes);
  need_apart(space, "space", filter);
  need_apart(space, "space", confidence);
  return {votes->f(),       source->f(),        target->f(),        filter->f(), votes->shape[0], votes->shape[1], nx, ny,
          filter->shape[0], filter->shape[1], cell, confidence->f(), space->f(), static_cast<int64_t>(nx) * ny};
}

}  // namespace sc
