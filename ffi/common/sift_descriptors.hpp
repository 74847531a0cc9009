// Argument check and constants of SIFT descriptors.
#pragma once

#include "handle.hpp"

namespace sc {

struct SiftDescriptors {
  const float *planes, *weights;
  float* out;
  int64_t height, width, bin, top, left, step, rows, cols;
};

constexpr int64_t kSiftBins = 4, kSiftAngles = 8, kSiftValues = kSiftBins * kSiftBins * kSiftAngles;
constexpr float kSiftCut = 0.2f, kSiftEpsilon = 1.0f / (1 << 23);
constexpr int32_t kSiftGuess = 0x5f3759df;

// Where value v, [x bin][y bin][orientation from +y], stands in a descriptor, [y bin][x bin][orientation from +x].
#if defined(__CUDACC__)
__host__ __device__
#endif
    constexpr int64_t sift_place(int64_t v) {
  return ((v >> 3 & 3) * kSiftBins + (v >> 5)) * kSiftAngles + ((10 - (v & 7)) & 7);
}

inline SiftDescriptors check_sift_descriptors(sc_ctx* ctx, sc_tensor* planes, sc_tensor* weights, int32_t bin, int32_t top,
                                              int32_t left, int32_t step, sc_tensor* out) {
  need_tensor(ctx, planes, "planes", kFloat, 3);
  need(planes->shape[2] == kSiftAngles, "planes must have 8 orientations");
  need_shape(ctx, weights, "weights", kFloat, kSiftBins, kSiftBins);
  need_tensor(ctx, out, "out", kFloat, 3);
  need(out->shape[2] == kSiftValues, "out must have 128 values per descriptor");
  need_apart(out, "out", planes);
  need_apart(out, "out", weights);
  need(bin >= 1 && step >= 1 && top >= 0 && left >= 0, "bin and step must be at least 1, top and left at least 0");
  SiftDescriptors p{planes->f(), weights->f(),     out->f(),      planes->shape[0], planes->shape[1], bin, top,
                    left,        step, out->shape[0], out->shape[1]};
  const int64_t reach = (kSiftBins - 1) * p.bin + 1;
  need(p.rows * p.cols == 0 || (p.top + (p.rows - 1) * p.step + reach <= p.height &&
                                p.left + (p.cols - 1) * p.step + reach <= p.width),
       "descriptors reach out of the planes");
  return p;
}

}  // namespace sc
