// Bilinear values of a map at points, and of a volume at new sizes: one thread per value, channels in neighbouring threads.
#include "../common/read_out.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

__global__ void sample_kernel(Sample p) {
  const int64_t total = p.count * p.channels;
  for (int64_t t = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; t < total;
       t += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t i = t / p.channels, c = t % p.channels;
    float x = p.points[2 * i], y = p.points[2 * i + 1];
    if (p.relative > 0) {
      x += static_cast<float>(i % p.relative);
      y += static_cast<float>(i / p.relative);
    }
    if (x != x || y != y) {
      p.out[t] = nanf("");
      continue;
    }
    const float right = static_cast<float>(p.width - 1), bottom = static_cast<float>(p.height - 1);
    if (p.border) {
      x = fminf(fmaxf(x, 0.0f), right);
      y = fminf(fmaxf(y, 0.0f), bottom);
    } else if (!(x > -1.0f && x < right + 1.0f && y > -1.0f && y < bottom + 1.0f)) {
      p.out[t] = 0.0f;
      continue;
    }
    const float left = floorf(x), top = floorf(y), fx = x - left, fy = y - top;
    const int64_t x0 = static_cast<int64_t>(left), y0 = static_cast<int64_t>(top);
    float sum = 0.0f;
#pragma unroll
    for (int corner = 0; corner < 4; corner++) {
      const int64_t cx = x0 + corner % 2, cy = y0 + corner / 2;
      const float weight = (corner % 2 ? fx : 1.0f - fx) * (corner / 2 ? fy : 1.0f - fy);
      // A cell with weight 0 takes no part, even where it is NaN.
      if (weight == 0.0f || cx < 0 || cx >= p.width || cy < 0 || cy >= p.height) continue;
      sum = fmaf(weight, p.map[(cy * p.width + cx) * p.channels + c], sum);
    }
    p.out[t] = sum;
  }
}

struct Axis {
  int64_t low, high;
  float share;
};

__device__ Axis axis_of(int64_t i, int64_t from, int64_t to, bool align_corners) {
  double at;
  if (align_corners) at = to > 1 ? static_cast<double>(i) * static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0.0;
  else at = fmax(0.0, (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5);
  int64_t low = static_cast<int64_t>(at);
  if (low > from - 1) low = from - 1;
  const int64_t high = low + 1 < from ? low + 1 : from - 1;
  return {low, high, fminf(1.0f, static_cast<float>(at - static_cast<double>(low)))};
}

// A neighbour with weight 0 takes no part, even where it is NaN.
__device__ float mix(float a, float b, float share) {
  if (share == 0.0f) return a;
  if (share == 1.0f) return b;
  return a * (1.0f - share) + b * share;
}

// Resizes two neighbouring axes: x is [before][h][w][after], out [before][h2][w2][after].
struct Pair {
  const float* x;
  float* out;
  int64_t before, h, w, h2, w2, after;
  bool align_corners;
};

__global__ void pair_kernel(Pair p) {
  const int64_t total = p.before * p.h2 * p.w2 * p.after;
  for (int64_t t = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; t < total;
       t += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t c = t % p.after, col = t / p.after % p.w2, row = t / p.after / p.w2 % p.h2;
    const int64_t b = t / p.after / p.w2 / p.h2;
    const Axis y = axis_of(row, p.h, p.h2, p.align_corners), z = axis_of(col, p.w, p.w2, p.align_corners);
    const float* from = p.x + b * p.h * p.w * p.after + c;
    const float* low = from + y.low * p.w * p.after;
    const float* high = from + y.high * p.w * p.after;
    const float first = mix(low[z.low * p.after], low[z.high * p.after], z.share);
    p.out[t] = y.share == 0.0f ? first : mix(first, mix(high[z.low * p.after], high[z.high * p.after], z.share), y.share);
  }
}

void resize(sc_ctx& ctx, const Pair& p) {
  const int64_t total = p.before * p.h2 * p.w2 * p.after;
  pair_kernel<<<blocks_for(total, 256), 256, 0, ctx.stream>>>(p);
  launched("interpolating");
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_sample(sc_ctx* ctx, sc_tensor* map, sc_tensor* points, int32_t border_rule, int32_t relative,
                             sc_tensor* out) {
  return border(ctx, "sc_sample", [&] {
    const Sample p = check_sample(ctx, map, points, border_rule, relative, out);
    if (p.count * p.channels == 0) return;
    sample_kernel<<<blocks_for(p.count * p.channels, 256), 256, 0, ctx->stream>>>(p);
    launched("sampling");
    finish(*ctx);
  });
}

extern "C" int32_t sc_interpolate4d(sc_ctx* ctx, sc_tensor* x, int32_t align_corners, sc_tensor* out) {
  return border(ctx, "sc_interpolate4d", [&] {
    const Interpolate4d p = check_interpolate4d(ctx, x, align_corners, out);
    const int64_t inner = p.from[2] * p.from[3], planes = p.to[0] * p.to[1];
    if (planes * p.to[2] * p.to[3] * p.channels == 0) return;
    Scratch<float> half(*ctx, planes * inner * p.channels, "a half-resized volume");
    resize(*ctx, {p.x, half.get(), 1, p.from[0], p.from[1], p.to[0], p.to[1], inner * p.channels, p.align_corners});
    resize(*ctx, {half.get(), p.out, planes, p.from[2], p.from[3], p.to[2], p.to[3], p.channels, p.align_corners});
    finish(*ctx);
  });
}
