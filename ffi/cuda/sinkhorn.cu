// Entropic optimal transport in the log domain. `out` holds -cost / eps while the potentials are found.
//
// Columns: a block owns 32 of them, 32 warps walk down the rows (each reads 128 bytes in a piece) with a running maximum
// and join in shared memory. Rows: a block per row.
#include "../common/sinkhorn.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

__device__ inline float never() { return __int_as_float(0xff800000); }  // -infinity

// log(sum(exp)) of what was seen: `sum` counts in units of exp(top).
struct Running {
  float top, sum;
  __device__ void join(float other_top, float other_sum) {
    const float most = fmaxf(top, other_top), shift = most > never() ? most : 0.0f;
    sum = sum * expf(top - shift) + other_sum * expf(other_top - shift);
    top = most;
  }
  __device__ float log_sum() const { return sum > 0 ? top + logf(sum) : never(); }
};

__device__ inline float potential(float mass, float log_sum) {
  return log_sum > never() && mass > 0 ? logf(mass) - log_sum : never();
}

__global__ void start_kernel(Sinkhorn p, float* la) {
  const int64_t count = p.m * p.n, step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const float cost = p.cost[i];
    p.out[i] = cost - cost == 0 ? -cost / p.eps : never();
    if (i < p.m) la[i] = -logf(static_cast<float>(p.m));
  }
}

__global__ void columns_kernel(Sinkhorn p, const float* la, float* lb) {
  __shared__ float tops[32][33], sums[32][33];
  const int lane = threadIdx.x & 31, warp = threadIdx.x / 32;
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * 32; first < p.n; first += static_cast<int64_t>(gridDim.x) * 32) {
    Running state{never(), 0};
    const int64_t j = first + lane;
    if (j < p.n) {
      for (int64_t i = warp; i < p.m; i += 32) state.join(p.out[i * p.n + j] + la[i], 1.0f);
    }
    tops[warp][lane] = state.top;
    sums[warp][lane] = state.sum;
    __syncthreads();
    if (warp == 0 && j < p.n) {
      for (int w = 1; w < 32; w++) state.join(tops[w][lane], sums[w][lane]);
      lb[j] = potential(p.nu[j], state.log_sum());
    }
    __syncthreads();
  }
}

__global__ void rows_kernel(Sinkhorn p, float* la, const float* lb, bool last) {
  __shared__ float tops[8], sums[8];
  __shared__ float found;
  const int lane = threadIdx.x & 31, warp = threadIdx.x / 32;
  for (int64_t i = blockIdx.x; i < p.m; i += gridDim.x) {
    float* x = p.out + i * p.n;
    Running state{never(), 0};
    for (int64_t j = threadIdx.x; j < p.n; j += blockDim.x) state.join(x[j] + lb[j], 1.0f);
    for (int o = 16; o > 0; o >>= 1) {
      const float top = __shfl_xor_sync(0xffffffffu, state.top, o), sum = __shfl_xor_sync(0xffffffffu, state.sum, o);
      state.join(top, sum);
    }
    if (lane == 0) tops[warp] = state.top, sums[warp] = state.sum;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int w = 1; w < 8; w++) state.join(tops[w], sums[w]);
      found = potential(p.mu[i], state.log_sum());
      la[i] = found;
    }
    __syncthreads();
    if (last) {
      for (int64_t j = threadIdx.x; j < p.n; j += blockDim.x) x[j] = p.scale * expf(x[j] + lb[j] + found);
    }
    __syncthreads();
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_sinkhorn(sc_ctx* ctx, sc_tensor* cost, sc_tensor* mu, sc_tensor* nu, float eps,
                               int32_t iterations, float scale, sc_tensor* out) {
  return border(ctx, "sc_sinkhorn", [&] {
    Sinkhorn p = check_sinkhorn(ctx, cost, mu, nu, eps, iterations, scale, out);
    if (p.m == 0 || p.n == 0) return;
    Scratch<float> la(*ctx, p.m, "potentials"), lb(*ctx, p.n, "potentials");
    start_kernel<<<blocks_for(p.m * p.n, 256), 256, 0, ctx->stream>>>(p, la.get());
    launched("scaling the cost");
    for (int32_t t = 1; t <= p.iterations; t++) {
      columns_kernel<<<blocks_for(p.n, 32), 1024, 0, ctx->stream>>>(p, la.get(), lb.get());
      launched("summing columns");
      rows_kernel<<<blocks_for(p.m, 1), 256, 0, ctx->stream>>>(p, la.get(), lb.get(), t == p.iterations);
      launched("summing rows");
    }
    finish(*ctx);
  });
}
