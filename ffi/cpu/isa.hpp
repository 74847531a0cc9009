// One source, several instruction sets: files that mention SC_ISA are compiled once per set into a namespace of that
// name, and SC_EXPORTED code (in the baseline object only) picks by what the processor has.
//
// Vectors are GCC/Clang vector extensions, so the arithmetic is the same text for every width: SSE2 or NEON 4, AVX2 8,
// AVX-512 16 lanes. The compiler contracts a * b + c to a fused multiply-add where the set has one.
#pragma once

#include <cstring>

#include "ctx.hpp"

#ifndef SC_ISA
#define SC_ISA baseline
#define SC_LANES 4
#define SC_EXPORTED 1
#endif

namespace sc {
namespace SC_ISA {
namespace {

constexpr int kLanes = SC_LANES;
typedef float V __attribute__((vector_size(SC_LANES * 4)));
typedef int32_t VI __attribute__((vector_size(SC_LANES * 4)));

inline V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);  // unaligned
  return v;
}
inline void store(float* p, V v) { std::memcpy(p, &v, sizeof v); }
// x - 0 is x for every x (-0 included), so this is one broadcast; 0 + x would be an addition.
inline V splat(float x) { return x - V{}; }
// Lanes of a where the mask is set, else of b.
inline V select(VI mask, V a, V b) { return mask ? a : b; }
inline VI select(VI mask, VI a, VI b) { return mask ? a : b; }
inline float sum_lanes(V v) {
  float s = 0;
  for (int i = 0; i < kLanes; i++) s += v[i];
  return s;
}
inline float dot(const float* a, const float* b, int64_t n) {
  V sums[2] = {};
  int64_t c = 0;
  for (; c + 2 * kLanes <= n; c += 2 * kLanes) {
    sums[0] += load(a + c) * load(b + c);
    sums[1] += load(a + c + kLanes) * load(b + c + kLanes);
  }
  float sum = sum_lanes(sums[0] + sums[1]);
  for (; c < n; c++) sum += a[c] * b[c];
  return sum;
}

#if defined(__AVX2__)
// The two instructions on bytes that vectors of the compiler do not express, by the compiler's own names: immintrin.h
// takes half a second to read.
typedef int64_t L4 __attribute__((vector_size(32)));
typedef char B32 __attribute__((vector_size(32)));
inline B32 load_bytes(const uint8_t* p) {
  B32 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
// Of each group of 8 bytes, the sum of absolute differences.
inline L4 byte_distances(B32 a, B32 b) { return (L4)__builtin_ia32_psadbw256(a, b); }
// Of each half, the bytes in the given order.
inline B32 reordered(B32 bytes, B32 order) { return __builtin_ia32_pshufb256(bytes, order); }
#endif

inline V lane_numbers() {
  V v;
  for (int i = 0; i < kLanes; i++) v[i] = static_cast<float>(i);
  return v;
}
inline VI lane_indices() {
  VI v;
  for (int i = 0; i < kLanes; i++) v[i] = i;
  return v;
}

}  // namespace
}  // namespace SC_ISA
}  // namespace sc

// SC_KERNEL(name, Args) declares `void name(sc_ctx&, const Args&)` of every set; SC_CALL(name, ctx, args) runs the
// context's.
#if defined(SC_ONLY)  // a library for one instruction set, built on first use
#define SC_KERNEL(name, Args) \
  namespace sc { namespace SC_ISA { void name(sc_ctx&, const Args&); } }
#define SC_CALL(name, ctx, args) sc::SC_ISA::name(ctx, args)
#elif defined(__x86_64__)
#define SC_KERNEL(name, Args)                                     \
  namespace sc {                                                  \
  namespace baseline { void name(sc_ctx&, const Args&); }         \
  namespace avx2 { void name(sc_ctx&, const Args&); }             \
  namespace avx512 { void name(sc_ctx&, const Args&); }           \
  }
#define SC_CALL(name, ctx, args)                                  \
  ((ctx).isa == sc::kAvx512 ? sc::avx512::name(ctx, args)         \
   : (ctx).isa == sc::kAvx2 ? sc::avx2::name(ctx, args)           \
                            : sc::baseline::name(ctx, args))
#else
#define SC_KERNEL(name, Args) \
  namespace sc { namespace baseline { void name(sc_ctx&, const Args&); } }
#define SC_CALL(name, ctx, args) sc::baseline::name(ctx, args)
#endif
