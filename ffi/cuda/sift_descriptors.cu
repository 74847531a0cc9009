// SIFT descriptors: a thread per descriptor, which reads its bins anew for each pass, since 128 values are more than a
// thread should hold. Products and sums are rounded one by one, as in the definition.
#include "../common/sift_descriptors.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

__device__ inline float sift_root(float x) {
  if (static_cast<double>(x) < 1e-8) return 0;
  const float half = __fmul_rn(0.5f, x);
  float r = __int_as_float(kSiftGuess - (__float_as_int(x) >> 1));
  for (int step = 0; step < 2; step++) r = __fmul_rn(r, 1.5f - __fmul_rn(__fmul_rn(half, r), r));
  return __fmul_rn(x, r);
}

struct SiftBins {
  const float *first, *weights;  // the first bin's orientations
  int64_t bin, width;

  __device__ float value(int64_t v) const {
    const int64_t at = (v >> 3 & 3) * bin * width + (v >> 5) * bin;
    return __fmul_rn(weights[v >> 3], first[at * kSiftAngles + (v & 7)]);
  }
  __device__ float cut(int64_t v, float length) const {
    const float found = value(v) / length;
    return found < kSiftCut ? found : kSiftCut;
  }
};

__global__ void sift_kernel(SiftDescriptors p) {
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < p.rows * p.cols;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t y = p.top + i / p.cols * p.step, x = p.left + i % p.cols * p.step;
    const SiftBins bins{p.planes + (y * p.width + x) * kSiftAngles, p.weights, p.bin, p.width};
    float sum = 0;
    for (int64_t v = 0; v < kSiftValues; v++) sum = __fadd_rn(sum, __fmul_rn(bins.value(v), bins.value(v)));
    const float length = __fadd_rn(sift_root(sum), kSiftEpsilon);
    sum = 0;
    for (int64_t v = 0; v < kSiftValues; v++) {
      const float found = bins.cut(v, length);
      sum = __fadd_rn(sum, __fmul_rn(found, found));
    }
    const float again = __fadd_rn(sift_root(sum), kSiftEpsilon);
    for (int64_t v = 0; v < kSiftValues; v++) {
      const float found = __fmul_rn(512.0f, bins.cut(v, length) / again);
      p.out[i * kSiftValues + sift_place(v)] = found < 255.0f ? found : 255.0f;
    }
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_sift_descriptors(sc_ctx* ctx, sc_tensor* planes, sc_tensor* weights, int32_t bin, int32_t top,
                                       int32_t left, int32_t step, sc_tensor* out) {
  return border(ctx, "sc_sift_descriptors", [&] {
    const SiftDescriptors p = check_sift_descriptors(ctx, planes, weights, bin, top, left, step, out);
    if (p.rows * p.cols == 0) return;
    sift_kernel<<<blocks_for(p.rows * p.cols, 128), 128, 0, ctx->stream>>>(p);
    launched("making SIFT descriptors");
    finish(*ctx);
  });
}
