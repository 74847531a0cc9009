// 4-D convolution, channels last, the direct form: on tensor cores in the accuracy of fp32 (tensor.cuh) where a layer has
// more than two output channels and every value is finite, else in plain fp32. Both kernels are launched and a flag decides
// which one works, so that the host need not wait.
//
// Plain: a block makes a tile of one plane (i, j): up to 16 x 16 cells (k, l), for 16 output channels. For every tap (a, b) in
// range it loads the input plane's tile with its halo, 8 input channels at a time, and the weights of all (c, d) for
// them, both into shared memory. A thread holds 4 cells x 16 channels = 64 sums in registers: per value of the depth it
// reads 4 inputs and 16 weights (the same for the whole warp, so one broadcast) for 64 multiply-adds.
//
// Tensor cores: the same tiles, as matrix products of 16 cells x 8 values of the depth (tap, channel) x 8 output channels.
// A warp makes up to four such rows of cells with both halves of the 16 channels. The depth's places in the tile are a
// table in shared memory, so that any kernel and any number of channels goes the same way.
#include "../common/conv4d.hpp"
#include "ctx.cuh"
#include "tensor.cuh"

namespace sc {
namespace {

constexpr int kOut = 16;     // output channels of a block
constexpr int kCells = 4;    // cells of a thread, neighbours along l
constexpr int kTileMax = 16; // cells of a tile along k and l
constexpr int kThreads = kTileMax * kTileMax / kCells;

struct Plan {
  int64_t I, J, K, L;
  int k1, k2, k3, k4, in, out;
  int tile_k, tile_l;  // tile_l is a multiple of kCells
  int slice;           // input channels in shared memory at once
  bool relu, add;
  const int* wild;  // null: always plain
};

// weights: [a][b][out block][in][c][d][kOut], zeros beyond `out`.
__global__ void pack_kernel(Conv4dLayer l, int64_t total, float* to) {
  const int blocks = (l.out + kOut - 1) / kOut;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
       at += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    int64_t rest = at;
    const int o = static_cast<int>(rest % kOut);
    rest /= kOut;
    const int d = static_cast<int>(rest % l.k[3]);
    rest /= l.k[3];
    const int c = static_cast<int>(rest % l.k[2]);
    rest /= l.k[2];
    const int i = static_cast<int>(rest % l.in);
    rest /= l.in;
    const int block = static_cast<int>(rest % blocks);
    rest /= blocks;
    const int b = static_cast<int>(rest % l.k[1]), a = static_cast<int>(rest / l.k[1]);
    const int channel = block * kOut + o;
    float value = 0;
    if (channel < l.out) {
      const int64_t first = static_cast<int64_t>(channel) * l.in + i;
      const int64_t offset = l.swapped ? (((first * l.k[2] + c) * l.k[3] + d) * l.k[0] + a) * l.k[1] + b
                                       : (((first * l.k[0] + a) * l.k[1] + b) * l.k[2] + c) * l.k[3] + d;
      value = l.weights[offset];
    }
    to[at] = value;
  }
}

__global__ void __launch_bounds__(kThreads) conv_kernel(Plan p, const float* x, const float* weights, const float* bias,
                                                        float* out) {
  if (p.wild && !*p.wild) return;
  extern __shared__ float4 shared[];
  float* ws = reinterpret_cast<float*>(shared);                                     // [slice][k3][k4][kOut]
  const int halo_k = p.tile_k + p.k3 - 1, halo_l = p.tile_l + p.k4 - 1;
  float* xs = ws + static_cast<int64_t>(p.slice) * p.k3 * p.k4 * kOut;              // [slice][halo_k][halo_l]
  const int tiles_l = static_cast<int>((p.L + p.tile_l - 1) / p.tile_l);
  const int k0 = blockIdx.x / tiles_l * p.tile_k, l0 = blockIdx.x % tiles_l * p.tile_l;
  const int block = blockIdx.z, blocks = gridDim.z;
  const int per_row = p.tile_l / kCells;
  const int row = threadIdx.x / per_row, col = threadIdx.x % per_row * kCells;
  const bool works = row < p.tile_k;
  const int taps = p.k3 * p.k4;
  for (int64_t plane = blockIdx.y; plane < p.I * p.J; plane += gridDim.y) {
    const int64_t i = plane / p.J, j = plane % p.J;
    float acc[kCells][kOut] = {};
    for (int a = 0; a < p.k1; a++) {
      const int64_t y1 = i + a - p.k1 / 2;
      if (y1 < 0 || y1 >= p.I) continue;
      for (int b = 0; b < p.k2; b++) {
        const int64_t y2 = j + b - p.k2 / 2;
        if (y2 < 0 || y2 >= p.J) continue;
        const float* from = x + (y1 * p.J + y2) * p.K * p.L * p.in;
        const float* w = weights + ((static_cast<int64_t>(a) * p.k2 + b) * blocks + block) * p.in * taps * kOut;
        for (int n0 = 0; n0 < p.in; n0 += p.slice) {
          const int slice = p.in - n0 < p.slice ? p.in - n0 : p.slice;
          __syncthreads();
          for (int t = threadIdx.x; t < slice * taps * kOut; t += kThreads) ws[t] = w[static_cast<int64_t>(n0) * taps * kOut + t];
          // Channels vary fastest in memory, so neighbouring threads take neighbouring channels.
          for (int t = threadIdx.x; t < slice * halo_k * halo_l; t += kThreads) {
            const int n = t % slice, cell = t / slice, kk = cell / halo_l, ll = cell % halo_l;
            const int64_t y3 = k0 + kk - p.k3 / 2, y4 = l0 + ll - p.k4 / 2;
            const bool inside = y3 >= 0 && y3 < p.K && y4 >= 0 && y4 < p.L;
            xs[(n * halo_k + kk) * halo_l + ll] = inside ? from[(y3 * p.L + y4) * p.in + n0 + n] : 0.0f;
          }
          __syncthreads();
          if (!works) continue;
          for (int n = 0; n < slice; n++) {
            for (int c = 0; c < p.k3; c++) {
              const float* line = xs + (n * halo_k + row + c) * halo_l + col;
              const float* weight = ws + (n * taps + c * p.k4) * kOut;
              for (int d = 0; d < p.k4; d++, weight += kOut) {
                float v[kCells];
#pragma unroll
                for (int r = 0; r < kCells; r++) v[r] = line[d + r];
#pragma unroll
                for (int o = 0; o < kOut; o += 4) {
                  const float4 q = *reinterpret_cast<const float4*>(weight + o);
#pragma unroll
                  for (int r = 0; r < kCells; r++) {
                    acc[r][o] = fmaf(v[r], q.x, acc[r][o]);
                    acc[r][o + 1] = fmaf(v[r], q.y, acc[r][o + 1]);
                    acc[r][o + 2] = fmaf(v[r], q.z, acc[r][o + 2]);
                    acc[r][o + 3] = fmaf(v[r], q.w, acc[r][o + 3]);
                  }
                }
              }
            }
          }
        }
      }
    }
    if (!works || k0 + row >= p.K) continue;
#pragma unroll
    for (int r = 0; r < kCells; r++) {
      const int64_t l = l0 + col + r;
      if (l >= p.L) continue;
      float* to = out + ((plane * p.K + k0 + row) * p.L + l) * p.out;
#pragma unroll
      for (int o = 0; o < kOut; o++) {
        const int channel = block * kOut + o;
        if (channel >= p.out) continue;
        float v = acc[r][o] + bias[channel];
        if (p.relu && v < 0.0f) v = 0.0f;
        to[channel] = p.add ? to[channel] + v : v;
      }
    }
  }
}

// --- tensor cores -------------------------------------------------------------------------------------------------

// How a layer's depth is cut: `slice` input channels at once, each cut padded to whole steps of 8 values.
struct Depth {
  int slice, slices, steps, stride;  // stride: floats per cell in shared memory
};

__host__ __device__ inline int depth_of(int in, int slice, int n0, int taps) {
  return (in - n0 < slice ? in - n0 : slice) * taps;
}

// weights: [a][b][out block][slice][step][lane][4], as the lanes of a warp hold the 8 x 16 values of a step.
__global__ void pack_tensor_kernel(Conv4dLayer l, Depth depth, int64_t total, float* to, int* wild) {
  const int blocks = (l.out + kOut - 1) / kOut, taps = l.k[2] * l.k[3];
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < total;
       at += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    int64_t rest = at;
    const int e = static_cast<int>(rest % 4), lane = static_cast<int>(rest / 4 % 32);
    rest /= 128;
    const int step = static_cast<int>(rest % depth.steps);
    rest /= depth.steps;
    const int n0 = static_cast<int>(rest % depth.slices) * depth.slice;
    rest /= depth.slices;
    const int block = static_cast<int>(rest % blocks);
    rest /= blocks;
    const int b = static_cast<int>(rest % l.k[1]), a = static_cast<int>(rest / l.k[1]);
    const int k = step * 8 + lane % 4 + e % 2 * 4, channel = block * kOut + e / 2 * 8 + lane / 4;
    float value = 0;
    if (channel < l.out && k < depth_of(l.in, depth.slice, n0, taps)) {
      const int slice = l.in - n0 < depth.slice ? l.in - n0 : depth.slice;
      const int tap = k / slice, c = tap / l.k[3], d = tap % l.k[3];
      const int64_t first = static_cast<int64_t>(channel) * l.in + n0 + k % slice;
      value = l.weights[l.swapped ? (((first * l.k[2] + c) * l.k[3] + d) * l.k[0] + a) * l.k[1] + b
                                  : (((first * l.k[0] + a) * l.k[1] + b) * l.k[2] + c) * l.k[3] + d];
    }
    if (too_wild_for_tensor(value)) *wild = 1;
    to[at] = value;
  }
}

__global__ void look_kernel(const float* x, int64_t count, int* wild) {
  bool found = false;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    found |= too_wild_for_tensor(x[i]);
  }
  if (found) *wild = 1;
}

constexpr int kTensorThreads = 128, kWarps = kTensorThreads / 32, kRows = kTileMax * kTileMax / 16 / kWarps;

__global__ void __launch_bounds__(kTensorThreads) tensor_conv_kernel(Plan p, Depth depth, const float* x,
                                                                     const float* weights, const float* bias,
                                                                     float* out) {
  if (*p.wild) return;
  extern __shared__ float4 shared[];
  const int halo_k = p.tile_k + p.k3 - 1, halo_l = p.tile_l + p.k4 - 1, taps = p.k3 * p.k4;
  float4* ws = shared;                                              // [step][lane]
  int* places = reinterpret_cast<int*>(ws + depth.steps * 32);      // [step][8]: of the depth's values in the tile
  float* xs = reinterpret_cast<float*>(places + depth.steps * 8);   // [halo_k][halo_l][stride]
  const int tiles_l = static_cast<int>((p.L + p.tile_l - 1) / p.tile_l);
  const int k0 = blockIdx.x / tiles_l * p.tile_k, l0 = blockIdx.x % tiles_l * p.tile_l;
  const int block = blockIdx.z, blocks = gridDim.z;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  const int cells = p.tile_k * p.tile_l;
  int base[kRows][2];  // where the two cells of each of the warp's rows of 16 stand in the tile
#pragma unroll
  for (int r = 0; r < kRows; r++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int cell = (r * kWarps + warp) * 16 + half * 8 + g, safe = cell < cells ? cell : 0;
      base[r][half] = (safe / p.tile_l * halo_l + safe % p.tile_l) * depth.stride;
    }
  }
  for (int64_t plane = blockIdx.y; plane < p.I * p.J; plane += gridDim.y) {
    const int64_t i = plane / p.J, j = plane % p.J;
    float acc[kRows][2][4] = {};
    for (int a = 0; a < p.k1; a++) {
      const int64_t y1 = i + a - p.k1 / 2;
      if (y1 < 0 || y1 >= p.I) continue;
      for (int b = 0; b < p.k2; b++) {
        const int64_t y2 = j + b - p.k2 / 2;
        if (y2 < 0 || y2 >= p.J) continue;
        const float* from = x + (y1 * p.J + y2) * p.K * p.L * p.in;
        const float4* w = reinterpret_cast<const float4*>(weights) +
                          ((static_cast<int64_t>(a) * p.k2 + b) * blocks + block) * depth.slices * depth.steps * 32;
        for (int n0 = 0; n0 < p.in; n0 += depth.slice, w += depth.steps * 32) {
          const int slice = p.in - n0 < depth.slice ? p.in - n0 : depth.slice;
          const int values = slice * taps, steps = (values + 7) / 8;
          __syncthreads();
          for (int at = threadIdx.x; at < steps * 32; at += kTensorThreads) ws[at] = w[at];
          for (int k = threadIdx.x; k < steps * 8; k += kTensorThreads) {
            // Values beyond the depth have weight 0; any place will do.
            const int tap = k / slice;
            places[k] = k < values ? (tap / p.k4 * halo_l + tap % p.k4) * depth.stride + k % slice : 0;
          }
          for (int at = threadIdx.x; at < slice * halo_k * halo_l; at += kTensorThreads) {
            const int n = at % slice, cell = at / slice, kk = cell / halo_l, ll = cell % halo_l;
            const int64_t y3 = k0 + kk - p.k3 / 2, y4 = l0 + ll - p.k4 / 2;
            const bool inside = y3 >= 0 && y3 < p.K && y4 >= 0 && y4 < p.L;
            xs[cell * depth.stride + n] = inside ? from[(y3 * p.L + y4) * p.in + n0 + n] : 0.0f;
          }
          __syncthreads();
          for (int step = 0; step < steps; step++) {
            const float4 q = ws[step * 32 + lane];
            Split<2> left, right;  // output channels 0..7 and 8..15
            left.set(0, q.x), left.set(1, q.y);
            right.set(0, q.z), right.set(1, q.w);
            const int near = places[step * 8 + t], far = places[step * 8 + t + 4];
#pragma unroll
            for (int r = 0; r < kRows; r++) {
              if ((r * kWarps + warp) * 16 >= cells) continue;  // the same for the whole warp
              Split<4> v;
              v.set(0, xs[base[r][0] + near]);
              v.set(1, xs[base[r][1] + near]);
              v.set(2, xs[base[r][0] + far]);
              v.set(3, xs[base[r][1] + far]);
              multiply_add(acc[r][0], v, left);
              multiply_add(acc[r][1], v, right);
            }
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < kRows; r++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int cell = (r * kWarps + warp) * 16 + half * 8 + g;
        const int64_t k = k0 + cell / p.tile_l, l = l0 + cell % p.tile_l;
        if (cell >= cells || k >= p.K || l >= p.L) continue;
        float* to = out + ((plane * p.K + k) * p.L + l) * p.out;
#pragma unroll
        for (int n = 0; n < 4; n++) {
          const int channel = block * kOut + n / 2 * 8 + 2 * t + n % 2;
          if (channel >= p.out) continue;
          float v = acc[r][n / 2][2 * half + n % 2] + bias[channel];
          if (p.relu && v < 0.0f) v = 0.0f;
          to[channel] = p.add ? to[channel] + v : v;
        }
      }
    }
  }
}

// One output channel: all sixteen lanes of conv_kernel would be idle but one, so here a thread makes one cell per
// channel and reads its inputs through the cache, four channels at a time where they are aligned.
__global__ void few_kernel(Plan p, const float* x, Conv4dLayer l, float* out) {
  extern __shared__ float4 shared[];
  float* ws = reinterpret_cast<float*>(shared);  // [k3][k4][in] of one (a, b)
  const int64_t cells = p.K * p.L, taps = static_cast<int64_t>(p.k3) * p.k4;
  const int64_t cell = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t k = cell / p.L, at = cell % p.L;
  const int o = blockIdx.z;
  for (int64_t plane = blockIdx.y; plane < p.I * p.J; plane += gridDim.y) {
    const int64_t i = plane / p.J, j = plane % p.J;
    float acc = 0;
    for (int a = 0; a < p.k1; a++) {
      const int64_t y1 = i + a - p.k1 / 2;
      if (y1 < 0 || y1 >= p.I) continue;
      for (int b = 0; b < p.k2; b++) {
        const int64_t y2 = j + b - p.k2 / 2;
        if (y2 < 0 || y2 >= p.J) continue;
        __syncthreads();
        for (int64_t t = threadIdx.x; t < taps * p.in; t += blockDim.x) {
          const int64_t n = t % p.in, d = t / p.in % p.k4, c = t / p.in / p.k4;
          const int64_t first = static_cast<int64_t>(o) * p.in + n;
          ws[t] = l.weights[l.swapped ? (((first * p.k3 + c) * p.k4 + d) * p.k1 + a) * p.k2 + b
                                      : (((first * p.k1 + a) * p.k2 + b) * p.k3 + c) * p.k4 + d];
        }
        __syncthreads();
        if (cell >= cells) continue;
        const float* from = x + (y1 * p.J + y2) * cells * p.in;
        for (int c = 0; c < p.k3; c++) {
          const int64_t y3 = k + c - p.k3 / 2;
          if (y3 < 0 || y3 >= p.K) continue;
          for (int d = 0; d < p.k4; d++) {
            const int64_t y4 = at + d - p.k4 / 2;
            if (y4 < 0 || y4 >= p.L) continue;
            const float* v = from + (y3 * p.L + y4) * p.in;
            const float* w = ws + (static_cast<int64_t>(c) * p.k4 + d) * p.in;
            int n = 0;
            if (p.in % 4 == 0) {
              for (; n < p.in; n += 4) {
                const float4 q = __ldg(reinterpret_cast<const float4*>(v + n));
                acc = fmaf(q.x, w[n], fmaf(q.y, w[n + 1], fmaf(q.z, w[n + 2], fmaf(q.w, w[n + 3], acc))));
              }
            }
            for (; n < p.in; n++) acc = fmaf(v[n], w[n], acc);
          }
        }
      }
    }
    if (cell >= cells) continue;
    float v = acc + l.bias[o];
    if (p.relu && v < 0.0f) v = 0.0f;
    float* to = out + (plane * cells + cell) * p.out + o;
    *to = p.add ? *to + v : v;
  }
}

// Tile sides that divide `size` evenly, at most kTileMax, a multiple of `step`.
int tile_of(int64_t size, int step) {
  const int64_t tiles = (size + kTileMax - 1) / kTileMax, side = (size + tiles - 1) / tiles;
  return static_cast<int>((side + step - 1) / step * step);
}

constexpr int kSharedBytes = 48 * 1024;

// The widest cut whose tile, weights and table fit the shared memory; a slice of 0 where none does.
Depth depth_for(const Plan& p, int64_t& bytes) {
  const int64_t taps = static_cast<int64_t>(p.k3) * p.k4;
  const int64_t halo = static_cast<int64_t>(p.tile_k + p.k3 - 1) * (p.tile_l + p.k4 - 1);
  for (int slice = p.in < 8 ? p.in : 8; slice > 0; slice--) {
    const int64_t steps = (slice * taps + 7) / 8;
    const int stride = slice == 8 ? 12 : slice;  // 12: eight cells x four channels meet 32 different banks
    bytes = steps * (32 * 16 + 8 * 4) + halo * stride * 4;
    if (bytes <= kSharedBytes) {
      return {slice, (p.in + slice - 1) / slice, static_cast<int>(steps), stride};
    }
  }
  return {};
}

Plan plan_of(const Conv4d& net, const Conv4dLayer& l) {
  Plan p{};
  p.I = net.size[0], p.J = net.size[1], p.K = net.size[2], p.L = net.size[3];
  p.k1 = l.k[0], p.k2 = l.k[1], p.k3 = l.k[2], p.k4 = l.k[3];
  p.in = l.in, p.out = l.out, p.relu = l.relu;
  p.tile_k = tile_of(p.K, 1);
  p.tile_l = tile_of(p.L, kCells);
  return p;
}

// Floats of packed weights, in the form that needs more.
int64_t packed_weights(const Conv4d& net, const Conv4dLayer& l) {
  const int64_t blocks = (l.out + kOut - 1) / kOut;
  int64_t bytes = 0;
  const Depth d = depth_for(plan_of(net, l), bytes);
  const int64_t plain = l.taps() * l.in * blocks * kOut;
  return plain + l.k[0] * l.k[1] * blocks * d.slices * d.steps * 128;
}

void layer(sc_ctx& ctx, const Conv4d& net, const Conv4dLayer& l, const float* x, float* weights, float* out, bool add,
           int* wild) {
  Plan p = plan_of(net, l);
  p.add = add;
  const unsigned planes = static_cast<unsigned>(p.I * p.J < 65535 ? p.I * p.J : 65535);
  const int64_t few_bytes = static_cast<int64_t>(p.k3) * p.k4 * p.in * 4;
  if (l.out <= 2 && few_bytes <= kSharedBytes) {
    const dim3 grid(static_cast<unsigned>((p.K * p.L + 127) / 128), planes, static_cast<unsigned>(l.out));
    few_kernel<<<grid, 128, few_bytes, ctx.stream>>>(p, x, l, out);
    launched("convolving");
    return;
  }
  // Bytes of shared memory per input channel: weights of all (c, d), and the tile with its halo.
  const int64_t per_channel =
      4 * (static_cast<int64_t>(p.k3) * p.k4 * kOut + static_cast<int64_t>(p.tile_k + p.k3 - 1) * (p.tile_l + p.k4 - 1));
  need(per_channel <= kSharedBytes, "kernels above 25 x 25 in their last two axes do not fit the GPU's shared memory");
  p.slice = static_cast<int>(kSharedBytes / per_channel);
  if (p.slice > 8) p.slice = 8;
  if (p.slice > p.in) p.slice = p.in;
  const int blocks = (l.out + kOut - 1) / kOut;
  const int64_t packed = l.taps() * l.in * blocks * kOut;
  pack_kernel<<<blocks_for(packed, 256), 256, 0, ctx.stream>>>(l, packed, weights);
  launched("packing weights");
  const int64_t tiles = (p.K + p.tile_k - 1) / p.tile_k * ((p.L + p.tile_l - 1) / p.tile_l);
  const dim3 grid(static_cast<unsigned>(tiles), planes, static_cast<unsigned>(blocks));
  int64_t bytes = 0;
  const Depth depth = depth_for(p, bytes);
  if (may_use_tensor_cores(ctx) && depth.slice > 0) {
    float* fragments = weights + packed;
    const int64_t count = l.k[0] * l.k[1] * static_cast<int64_t>(blocks) * depth.slices * depth.steps * 128;
    p.wild = wild;
    cuda(cudaMemsetAsync(wild, 0, sizeof(int), ctx.stream), "clearing a flag");
    look_kernel<<<blocks_for(net.cells() * l.in, 1024), 256, 0, ctx.stream>>>(x, net.cells() * l.in, wild);
    launched("looking at a volume");
    pack_tensor_kernel<<<blocks_for(count, 256), 256, 0, ctx.stream>>>(l, depth, count, fragments, wild);
    launched("packing weights");
    tensor_conv_kernel<<<grid, kTensorThreads, bytes, ctx.stream>>>(p, depth, x, fragments, l.bias, out);
    launched("convolving");
  }
  conv_kernel<<<grid, kThreads, per_channel * p.slice, ctx.stream>>>(p, x, weights, l.bias, out);
  launched("convolving");
}

void direction(sc_ctx& ctx, const Conv4d& net, const std::vector<Conv4dLayer>& layers, bool add) {
  int64_t most_weights = 0, most[2] = {0, 0};
  for (size_t n = 0; n < layers.size(); n++) {
    const auto& l = layers[n];
    const int64_t packed = packed_weights(net, l), volume = net.cells() * l.out;
    if (packed > most_weights) most_weights = packed;
    if (n + 1 < layers.size() && volume > most[n % 2]) most[n % 2] = volume;
  }
  Scratch<float> weights(ctx, most_weights, "packed weights");
  Scratch<int> wild(ctx, 1, "a flag");
  Scratch<float> even(ctx, most[0], "a volume"), odd(ctx, most[1], "a volume");
  const float* x = net.x;
  for (size_t n = 0; n < layers.size(); n++) {
    const bool last = n + 1 == layers.size();
    float* out = last ? net.out : n % 2 ? odd.get() : even.get();
    layer(ctx, net, layers[n], x, weights.get(), out, add && last, wild.get());
    x = out;
  }
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_conv4d(sc_ctx* ctx, sc_tensor* x, int32_t layers, const int32_t* kernels, const int32_t* channels,
                             sc_tensor* weights, sc_tensor* biases, int32_t relu, int32_t symmetric, sc_tensor* out) {
  return border(ctx, "sc_conv4d", [&] {
    const Conv4d net = check_conv4d(ctx, x, layers, kernels, channels, weights, biases, relu, symmetric, out);
    if (net.cells() == 0) return;
    direction(*ctx, net, net.layers, false);
    if (net.symmetric) {
      std::vector<Conv4dLayer> other;
      for (const auto& l : net.layers) other.push_back(swapped(l));
      direction(*ctx, net, other, true);
    }
    finish(*ctx);
  });
}
