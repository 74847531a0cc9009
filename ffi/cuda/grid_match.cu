// DSP's distances: one warp per distance of the grid, one warp per pixel of the window search.
#include "../common/grid_match.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

// Every lane gets the sum.
__device__ inline float square_distance(const float* a, const float* b, int64_t n) {
  float sum = 0;
  for (int64_t c = threadIdx.x & 31; c < n; c += 32) sum = fmaf(a[c] - b[c], a[c] - b[c], sum);
  for (int o = 16; o > 0; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
  return sum;
}

__global__ void costs_kernel(TranslationCosts p) {
  const MapPair& m = p.maps;
  const int64_t cells = p.rows * p.cols, states_y = 2 * p.ny + 1, count = (2 * p.nx + 1) * states_y * cells;
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / 32);
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; i < count; i += warps) {
    const int64_t x = i % cells / p.rows * p.step, y = i % p.rows * p.step, state = i / cells;
    const int64_t tx = x + (state / states_y - p.nx) * p.step, ty = y + (state % states_y - p.ny) * p.step;
    float value = p.bound;
    if (tx >= 0 && tx < m.target_width && ty >= 0 && ty < m.target_height) {
      const float* a = m.a + (y * m.width + x) * m.channels;
      const float found = sqrtf(square_distance(a, m.b + (ty * m.target_width + tx) * m.channels, m.channels));
      value = found < p.bound ? found : p.bound;
    }
    if ((threadIdx.x & 31) == 0) p.out[i] = value;
  }
}

__global__ void window_kernel(WindowMatch p) {
  const MapPair& m = p.maps;
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / 32);
  for (int64_t at = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; at < m.height * m.width;
       at += warps) {
    const float* a = m.a + at * m.channels;
    const int64_t sx = at % m.width + p.start[2 * at], sy = at / m.width + p.start[2 * at + 1];
    float least = INFINITY, cost = p.outside;
    int32_t best_x = 0, best_y = 0;
    for (int32_t dx = -p.radius; dx <= p.radius; dx += p.step) {
      for (int32_t dy = -p.radius; dy <= p.radius; dy += p.step) {
        const int64_t tx = sx + dx, ty = sy + dy;
        float found = p.outside;
        if (tx >= 0 && tx < m.target_width && ty >= 0 && ty < m.target_height) {
          found = sqrtf(square_distance(a, m.b + (ty * m.target_width + tx) * m.channels, m.channels));
        }
        // Rounded twice, as everywhere: a fused addition could break ties.
        const float value = __fadd_rn(found, __fmul_rn(p.penalty, static_cast<float>(abs(dx) + abs(dy))));
        if (value < least) least = value, cost = found, best_x = dx, best_y = dy;
      }
    }
    if ((threadIdx.x & 31) == 0) {
      p.flow[2 * at] = p.start[2 * at] + best_x;
      p.flow[2 * at + 1] = p.start[2 * at + 1] + best_y;
      p.cost[at] = cost;
    }
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_translation_costs(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, int32_t step, int32_t nx, int32_t ny,
                                        float bound, sc_tensor* out) {
  return border(ctx, "sc_translation_costs", [&] {
    const TranslationCosts p = check_translation_costs(ctx, a, b, step, nx, ny, bound, out);
    const int64_t count = (2 * nx + 1) * (2 * static_cast<int64_t>(ny) + 1) * p.rows * p.cols;
    if (count == 0) return;
    costs_kernel<<<blocks_for(count, 8), 256, 0, ctx->stream>>>(p);
    launched("comparing descriptors");
    finish(*ctx);
  });
}

extern "C" int32_t sc_window_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t radius,
                                   int32_t step, float penalty, float outside, sc_tensor* flow, sc_tensor* cost) {
  return border(ctx, "sc_window_match", [&] {
    const WindowMatch p = check_window_match(ctx, a, b, start, radius, step, penalty, outside, flow, cost);
    if (p.maps.height * p.maps.width == 0) return;
    window_kernel<<<blocks_for(p.maps.height * p.maps.width, 8), 256, 0, ctx->stream>>>(p);
    launched("searching windows");
    finish(*ctx);
  });
}
