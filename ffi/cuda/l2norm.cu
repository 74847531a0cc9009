// L2 normalisation: one warp per row.
#include "norm.cuh"

namespace sc {

__global__ void l2norm_kernel(L2Norm p) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / 32);
  for (int64_t r = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; r < p.rows; r += warps) {
    const float* x = p.x + r * p.channels;
    float by = row_divisor(x, p.channels, p.norm, p.eps);
    for (int64_t c = threadIdx.x & 31; c < p.channels; c += 32) p.out[r * p.channels + c] = x[c] / by;
  }
}

}  // namespace sc

using namespace sc;

extern "C" int32_t sc_l2norm(sc_ctx* ctx, sc_tensor* x, int32_t norm, float eps, sc_tensor* out) {
  return border(ctx, "sc_l2norm", [&] {
    L2Norm p = check_l2norm(ctx, x, norm, eps, out);
    if (p.rows == 0 || p.channels == 0) return;
    l2norm_kernel<<<blocks_for(p.rows, 8), 256, 0, ctx->stream>>>(p);
    launched("normalising");
    finish(*ctx);
  });
}
