// Enough of CUDA's runtime to run this project's kernels on a processor, one block after the other: a test of their
// arithmetic, indices and barriers on machines without a GPU. Nothing of it is part of the libraries.
//
// - A thread of a block is a coroutine with a stack of its own. It runs until a barrier or an exchange with its warp;
//   then the next one does. The order turns around from round to round, so that a missing barrier shows.
// - Shared memory starts as NaN in every block; the dynamic part stands between guard words.
// - A barrier that not all threads reach, an exchange with a lane that has left, a launch that a GPU would refuse: each
//   fails the launch with a text.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static
#define SC_CUDA_ON_CPU 1

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

namespace emulated {

extern dim3 thread_index, block_index, block_size, grid_size;

void barrier();
// Every lane of the warp gives `size` bytes; afterwards peer(lane) is what that lane gave.
void exchange(const void* mine, size_t size);
const void* peer(unsigned lane);
unsigned lane();
void* dynamic_shared();
// Makes static shared memory NaN, once per block.
void fresh(void* at, size_t bytes);
void launch(dim3 grid, dim3 block, size_t shared, const std::function<void()>& kernel);
// The last launch's failure; empty where it went well.
extern std::string failure;

template <class T>
T shuffle(T value, unsigned from) {
  exchange(&value, sizeof value);
  T out;
  std::memcpy(&out, peer(from), sizeof out);
  return out;
}

inline float rounded_to_tf32(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  if ((bits & 0x7F800000u) != 0x7F800000u) bits += 0x1000u;  // to the nearest, halves away from zero
  bits &= 0xFFFFE000u;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

// mma.sync.m16n8k8 of tf32: which lane holds what is the instruction's own rule.
inline void multiply_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  for (uint32_t v : mine) {
    if (v & 0x1FFFu) std::abort();  // not rounded to tf32: the instruction's result would be undefined
  }
  exchange(mine, sizeof mine);
  const unsigned group = lane() / 4, in_group = lane() % 4;
  for (unsigned i = 0; i < 4; i++) {
    const unsigned row = group + (i / 2) * 8, col = 2 * in_group + i % 2;
    float sum = d[i];
    for (unsigned k = 0; k < 8; k++) {
      uint32_t x[6], y[6];
      std::memcpy(x, peer(row % 8 * 4 + k % 4), sizeof x);
      std::memcpy(y, peer(col * 4 + k % 4), sizeof y);
      float left, right;
      std::memcpy(&left, &x[row / 8 + 2 * (k / 4)], sizeof left);
      std::memcpy(&right, &y[4 + k / 4], sizeof right);
      sum += left * right;
    }
    d[i] = sum;
  }
}

}  // namespace emulated

#define threadIdx emulated::thread_index
#define blockIdx emulated::block_index
#define blockDim emulated::block_size
#define gridDim emulated::grid_size

inline void __syncthreads() { emulated::barrier(); }
inline void __syncwarp(unsigned = 0xffffffffu) { char none = 0; emulated::exchange(&none, 1); }
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) { return emulated::shuffle(value, emulated::lane() ^ mask); }
template <class T>
T __shfl_down_sync(unsigned, T value, int by) {
  const unsigned from = emulated::lane() + by;
  return emulated::shuffle(value, from < 32 ? from : emulated::lane());
}
template <class T>
T __shfl_sync(unsigned, T value, int from) { return emulated::shuffle(value, from & 31); }
template <class T>
T __ldg(const T* at) { return *at; }
template <class T>
T atomicAdd(T* at, T value) { T old = *at; *at += value; return old; }
template <class T>
T atomicMax(T* at, T value) { T old = *at; if (value > old) *at = value; return old; }
template <class T>
T atomicMin(T* at, T value) { T old = *at; if (value < old) *at = value; return old; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { volatile float product = a * b; return product; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { volatile double product = a * b; return product; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __int_as_float(int bits) { float v; std::memcpy(&v, &bits, sizeof v); return v; }
inline int __float_as_int(float v) { int bits; std::memcpy(&bits, &v, sizeof bits); return bits; }
inline unsigned __float_as_uint(float v) { unsigned bits; std::memcpy(&bits, &v, sizeof bits); return bits; }
inline float __uint_as_float(unsigned bits) { float v; std::memcpy(&v, &bits, sizeof v); return v; }
inline unsigned __vsadu4(unsigned a, unsigned b) {
  unsigned sum = 0;
  for (int i = 0; i < 32; i += 8) sum += std::abs(static_cast<int>(a >> i & 255) - static_cast<int>(b >> i & 255));
  return sum;
}
template <class T>
T min(T a, T b) { return b < a ? b : a; }
template <class T>
T max(T a, T b) { return a < b ? b : a; }
using std::isfinite;

// --- the host's side: memory is memory, streams are in order ---

enum cudaError_t { cudaSuccess = 0, cudaErrorMemoryAllocation = 2, cudaErrorInsufficientDriver = 35, cudaErrorLaunchFailure = 719 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold };
typedef struct Stream* cudaStream_t;
typedef struct Event* cudaEvent_t;
typedef struct Pool* cudaMemPool_t;
#define cudaStreamLegacy (static_cast<cudaStream_t>(nullptr))
#define cudaStreamNonBlocking 1
struct cudaDeviceProp { char name[256]; int major, minor; };

cudaError_t cudaMalloc(void** at, size_t bytes);
template <class T>
cudaError_t cudaMalloc(T** at, size_t bytes) { return cudaMalloc(reinterpret_cast<void**>(at), bytes); }
cudaError_t cudaFree(void* at);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t status);
inline cudaError_t cudaMallocAsync(void** at, size_t bytes, cudaStream_t) { return cudaMalloc(at, bytes); }
inline cudaError_t cudaFreeAsync(void* at, cudaStream_t) { return cudaFree(at); }
inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) { std::memcpy(to, from, bytes); return cudaSuccess; }
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) { return cudaMemcpy(to, from, bytes, kind); }
inline cudaError_t cudaMemset(void* at, int value, size_t bytes) { std::memset(at, value, bytes); return cudaSuccess; }
inline cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes, cudaStream_t) { return cudaMemset(at, value, bytes); }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, int) { *stream = nullptr; return cudaSuccess; }
inline cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaSetDevice(int) { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) { *count = 1; return cudaSuccess; }
inline cudaError_t cudaDriverGetVersion(int* version) { *version = 0; return cudaSuccess; }
inline cudaError_t cudaRuntimeGetVersion(int* version) { *version = 0; return cudaSuccess; }
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) { *value = 2; return cudaSuccess; }
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) { *pool = nullptr; return cudaSuccess; }
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* device, int);
// The most dynamic shared memory that later launches may ask for; a GPU keeps it per kernel.
cudaError_t emulated_allow_shared(size_t bytes);
template <class F>
cudaError_t cudaFuncSetAttribute(F, cudaFuncAttribute, int bytes) { return emulated_allow_shared(bytes); }
inline cudaError_t cudaEventCreate(cudaEvent_t* event) { *event = nullptr; return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t, cudaEvent_t) { *ms = 1; return cudaSuccess; }
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
