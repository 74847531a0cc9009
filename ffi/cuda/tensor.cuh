// Tensor cores with the accuracy of fp32: every value is the sum of two tf32 numbers (11 bits each), and a product is
// three of tf32 ("3xTF32"). Tensor cores add with truncation, so sums over many products are kept outside of them: one
// step of 8 products inside, then an ordinary addition.
//
// Infinity, NaN and values above kMostForTensor cannot be split (infinity - infinity, infinity * 0): kernels that use
// this are preceded by one that looks for them, and leave their work to the plain ones where it finds any.
#pragma once

#include "ctx.cuh"

namespace sc {

constexpr float kMostForTensor = 1e38f;

__device__ inline bool too_wild_for_tensor(float v) { return !(fabsf(v) <= kMostForTensor); }

__device__ inline uint32_t tf32(float v) {
#ifdef SC_CUDA_ON_CPU
  return __float_as_uint(emulated::rounded_to_tf32(v));
#else
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(v));
  return bits;
#endif
}

template <int N>
struct Split {
  uint32_t big[N], small[N];

  __device__ void set(int i, float v) {
    big[i] = tf32(v);
    small[i] = tf32(v - __uint_as_float(big[i]));
  }
};

// d += a b for a 16 x 8 and b 8 x 8, spread over the warp: with g = lane / 4 and t = lane % 4, a holds (g, t), (g + 8, t),
// (g, t + 4), (g + 8, t + 4); b (t, g), (t + 4, g); d (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).
__device__ inline void multiply_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef SC_CUDA_ON_CPU
  emulated::multiply_tf32(d, a, b);
#else
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// The same in fp32's accuracy, smallest terms first.
__device__ inline void multiply_add(float (&sum)[4], const Split<4>& a, const Split<2>& b) {
  float d[4] = {};
  multiply_tf32(d, a.small, b.big);
  multiply_tf32(d, a.big, b.small);
  multiply_tf32(d, a.big, b.big);
#pragma unroll
  for (int i = 0; i < 4; i++) sum[i] += d[i];
}

// Bit 8 of the context's flags asks for plain fp32 throughout.
inline bool may_use_tensor_cores(const sc_ctx& ctx) { return !(ctx.flags & 256); }

}  // namespace sc
