// Dot products of descriptors.
//
// 1. prepare_kernel copies both sides, normalised and gathered, into rows padded with zeros to whole tiles, so that the
//    product needs no guards; it also notes whether any value is not finite.
// 2. The product: 128 x 128 tiles, the next slab loaded while the current one is used. On tensor cores, in the accuracy
//    of fp32 (tensor.cuh), a warp makes 64 x 32 of them; where a value is not finite, or plain fp32 is asked for, a thread
//    makes 8 x 8. Both kernels are launched and the flag decides which one works, so that the host need not wait.
// 3. Either the tile is stored, or only each row's best of the tile is, and best_kernel joins the tiles.
#include "best.cuh"
#include "norm.cuh"
#include "tensor.cuh"

namespace sc {
namespace {

constexpr int kTile = 128, kSlab = 16, kThreads = 256, kPad = 4;

struct Prepare {
  const float* x;
  const int32_t* rows;
  int64_t count, source_rows, channels, padded;  // padded: channels rounded up to kSlab
  int32_t norm;
  float eps;
  float* out;  // [count rounded up to kTile][padded]
  int* flag;   // a row number is out of range
  int* wild;   // a value is not fit for tensor cores
};

__global__ void prepare_kernel(Prepare p, int64_t padded_rows) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / 32);
  const int lane = threadIdx.x & 31;
  for (int64_t r = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; r < padded_rows; r += warps) {
    float* to = p.out + r * p.padded;
    int64_t from = r < p.count && p.rows ? p.rows[r] : r;
    bool valid = r < p.count && from >= 0 && from < p.source_rows;
    if (r < p.count && !valid && lane == 0) *p.flag = 1;
    if (!valid) {
      for (int64_t c = lane; c < p.padded; c += 32) to[c] = 0;
      continue;
    }
    const float* x = p.x + from * p.channels;
    float by = row_divisor(x, p.channels, p.norm, p.eps);
    bool wild = false;
    for (int64_t c = lane; c < p.padded; c += 32) {
      const float v = c < p.channels ? x[c] / by : 0.0f;
      wild |= too_wild_for_tensor(v);
      to[c] = v;
    }
    if (wild) *p.wild = 1;
  }
}

struct Product {
  const float *a, *b;  // padded
  int64_t m, n, padded;
  bool relu;
  float* out;            // [m][n] or null
  int32_t* part_index;   // [column tiles][m]
  float* part_score;
  const int* wild;       // null: always plain
};

__global__ void __launch_bounds__(kThreads) product_kernel(Product p) {
  if (p.wild && !*p.wild) return;
  __shared__ float as[2][kSlab][kTile + kPad];
  __shared__ float bs[2][kSlab][kTile + kPad];
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * kTile, col0 = static_cast<int64_t>(blockIdx.y) * kTile;
  // A slab is 128 rows x 16 channels = 512 float4 per side: two per thread.
  const int load_row = threadIdx.x / 4, load_k = threadIdx.x % 4 * 4;
  const float* ga = p.a + (row0 + load_row) * p.padded + load_k;
  const float* gb = p.b + (col0 + load_row) * p.padded + load_k;
  float4 ra[2], rb[2];
  auto fetch = [&](int64_t k) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      ra[h] = *reinterpret_cast<const float4*>(ga + h * 64 * p.padded + k);
      rb[h] = *reinterpret_cast<const float4*>(gb + h * 64 * p.padded + k);
    }
  };
  auto put = [&](int s) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int r = load_row + h * 64;
      as[s][load_k][r] = ra[h].x, as[s][load_k + 1][r] = ra[h].y;
      as[s][load_k + 2][r] = ra[h].z, as[s][load_k + 3][r] = ra[h].w;
      bs[s][load_k][r] = rb[h].x, bs[s][load_k + 1][r] = rb[h].y;
      bs[s][load_k + 2][r] = rb[h].z, bs[s][load_k + 3][r] = rb[h].w;
    }
  };
  float acc[8][8] = {};
  if (p.padded > 0) {
    fetch(0);
    put(0);
    __syncthreads();
  }
  int s = 0;
  for (int64_t k = 0; k < p.padded; k += kSlab, s ^= 1) {
    const bool more = k + kSlab < p.padded;
    if (more) fetch(k + kSlab);
#pragma unroll
    for (int q = 0; q < kSlab; q++) {
      float x[8], y[8];
      // Rows ty*4.. and 64+ty*4.., columns likewise: neighbouring threads read neighbouring words.
      *reinterpret_cast<float4*>(x) = *reinterpret_cast<const float4*>(&as[s][q][ty * 4]);
      *reinterpret_cast<float4*>(x + 4) = *reinterpret_cast<const float4*>(&as[s][q][64 + ty * 4]);
      *reinterpret_cast<float4*>(y) = *reinterpret_cast<const float4*>(&bs[s][q][tx * 4]);
      *reinterpret_cast<float4*>(y + 4) = *reinterpret_cast<const float4*>(&bs[s][q][64 + tx * 4]);
#pragma unroll
      for (int i = 0; i < 8; i++) {
#pragma unroll
        for (int j = 0; j < 8; j++) acc[i][j] = fmaf(x[i], y[j], acc[i][j]);
      }
    }
    if (more) put(s ^ 1);
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 8; i++) {
    const int64_t row = row0 + (i / 4) * 64 + ty * 4 + i % 4;
    if (p.out) {
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const int64_t col = col0 + (j / 4) * 64 + tx * 4 + j % 4;
        float v = acc[i][j];
        if (p.relu && !(v > 0)) v = 0;
        if (row < p.m && col < p.n) p.out[row * p.n + col] = v;
      }
      continue;
    }
    int index = -1;
    float score = -INFINITY;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      const int64_t col = col0 + (j / 4) * 64 + tx * 4 + j % 4;
      const float v = acc[i][j];
      if (col < p.n && v > score) index = static_cast<int>(col), score = v;
    }
    // The 16 threads of a row are neighbouring lanes.
    for (int o = 8; o > 0; o >>= 1) {
      const int other = __shfl_xor_sync(0xffffffffu, index, o);
      const float value = __shfl_xor_sync(0xffffffffu, score, o);
      if (better(other, value, index, score)) index = other, score = value;
    }
    if (tx == 0 && row < p.m) {
      p.part_index[blockIdx.y * p.m + row] = index;
      p.part_score[blockIdx.y * p.m + row] = score;
    }
  }
}

constexpr int kRow = kSlab + 4;  // floats per row in shared memory: fragments are read without bank conflicts

__global__ void __launch_bounds__(kThreads, 2) tensor_product_kernel(Product p) {
  __shared__ float as[2][kTile][kRow];
  __shared__ float bs[2][kTile][kRow];
  __shared__ int indices[4][kTile];
  __shared__ float scores[4][kTile];
  if (*p.wild) return;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  const int warp_row = warp / 4 * 64, warp_col = warp % 4 * 32;
  const int64_t row0 = static_cast<int64_t>(blockIdx.x) * kTile, col0 = static_cast<int64_t>(blockIdx.y) * kTile;
  const int load_row = threadIdx.x / 4, load_k = threadIdx.x % 4 * 4;
  const float* ga = p.a + (row0 + load_row) * p.padded + load_k;
  const float* gb = p.b + (col0 + load_row) * p.padded + load_k;
  float4 ra[2], rb[2];
  auto fetch = [&](int64_t k) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      ra[h] = *reinterpret_cast<const float4*>(ga + h * 64 * p.padded + k);
      rb[h] = *reinterpret_cast<const float4*>(gb + h * 64 * p.padded + k);
    }
  };
  auto put = [&](int s) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      *reinterpret_cast<float4*>(&as[s][load_row + h * 64][load_k]) = ra[h];
      *reinterpret_cast<float4*>(&bs[s][load_row + h * 64][load_k]) = rb[h];
    }
  };
  float acc[4][4][4] = {};  // 16 x 8 tiles: 4 down, 4 across
  if (p.padded > 0) {
    fetch(0);
    put(0);
    __syncthreads();
  }
  int s = 0;
  for (int64_t k = 0; k < p.padded; k += kSlab, s ^= 1) {
    const bool more = k + kSlab < p.padded;
    if (more) fetch(k + kSlab);
#pragma unroll
    for (int q = 0; q < kSlab; q += 8) {
      Split<2> b[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const float* at = &bs[s][warp_col + j * 8 + g][q + t];
        b[j].set(0, at[0]);
        b[j].set(1, at[4]);
      }
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float* at = &as[s][warp_row + i * 16 + g][q + t];
        Split<4> a;
        a.set(0, at[0]);
        a.set(1, at[8 * kRow]);
        a.set(2, at[4]);
        a.set(3, at[8 * kRow + 4]);
#pragma unroll
        for (int j = 0; j < 4; j++) multiply_add(acc[i][j], a, b[j]);
      }
    }
    if (more) put(s ^ 1);
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 4; i++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int local = warp_row + i * 16 + half * 8 + g;
      const int64_t row = row0 + local;
      if (p.out) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
#pragma unroll
          for (int c = 0; c < 2; c++) {
            const int64_t col = col0 + warp_col + j * 8 + 2 * t + c;
            float v = acc[i][j][2 * half + c];
            if (p.relu && !(v > 0)) v = 0;
            if (row < p.m && col < p.n) p.out[row * p.n + col] = v;
          }
        }
        continue;
      }
      int index = -1;
      float score = -INFINITY;
#pragma unroll
      for (int j = 0; j < 4; j++) {
#pragma unroll
        for (int c = 0; c < 2; c++) {
          const int64_t col = col0 + warp_col + j * 8 + 2 * t + c;
          const float v = acc[i][j][2 * half + c];
          if (col < p.n && v > score) index = static_cast<int>(col), score = v;
        }
      }
      // The four threads of a row are neighbouring lanes.
      for (int o = 2; o > 0; o >>= 1) {
        const int other = __shfl_xor_sync(0xffffffffu, index, o);
        const float value = __shfl_xor_sync(0xffffffffu, score, o);
        if (better(other, value, index, score)) index = other, score = value;
      }
      if (t == 0) indices[warp % 4][local] = index, scores[warp % 4][local] = score;
    }
  }
  if (p.out) return;
  __syncthreads();
  const int64_t row = row0 + threadIdx.x;
  if (threadIdx.x >= kTile || row >= p.m) return;
  int index = indices[0][threadIdx.x];
  float score = scores[0][threadIdx.x];
  for (int w = 1; w < 4; w++) {
    if (better(indices[w][threadIdx.x], scores[w][threadIdx.x], index, score)) {
      index = indices[w][threadIdx.x], score = scores[w][threadIdx.x];
    }
  }
  p.part_index[blockIdx.y * p.m + row] = index;
  p.part_score[blockIdx.y * p.m + row] = score;
}

__global__ void best_kernel(const int32_t* part_index, const float* part_score, int64_t m, int64_t tiles,
                            int32_t* out_index, float* out_score) {
  for (int64_t r = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; r < m;
       r += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    int index = -1;
    float score = -INFINITY;
    for (int64_t t = 0; t < tiles; t++) {
      const int other = part_index[t * m + r];
      const float value = part_score[t * m + r];
      if (better(other, value, index, score)) index = other, score = value;
    }
    out_index[r] = index;
    out_score[r] = index < 0 ? nanf("") : score;
  }
}

int64_t up(int64_t value, int64_t to) { return (value + to - 1) / to * to; }

void run(sc_ctx& ctx, const Correlate& c) {
  if (c.m == 0) return;
  const int64_t padded = up(c.channels, kSlab), mp = up(c.m, kTile), np = up(c.n, kTile), tiles = np / kTile;
  need(tiles <= 65535, "more than 8388480 columns");
  Scratch<float> a(ctx, mp * padded, "descriptors"), b(ctx, np * padded, "descriptors");
  Scratch<int32_t> part_index(ctx, c.out ? 0 : tiles * c.m, "best columns");
  Scratch<float> part_score(ctx, c.out ? 0 : tiles * c.m, "best columns");
  Scratch<int> wild(ctx, 1, "a flag");
  cuda(cudaMemsetAsync(wild.get(), 0, sizeof(int), ctx.stream), "clearing a flag");
  prepare_kernel<<<blocks_for(mp, 8), 256, 0, ctx.stream>>>(
      {c.a, c.rows, c.m, c.a_rows, c.channels, padded, c.norm, c.eps, a.get(), ctx.flag, wild.get()}, mp);
  launched("preparing descriptors");
  if (c.n) {
    prepare_kernel<<<blocks_for(np, 8), 256, 0, ctx.stream>>>(
        {c.b, nullptr, c.n, c.n, c.channels, padded, c.norm, c.eps, b.get(), ctx.flag, wild.get()}, np);
    launched("preparing descriptors");
    const dim3 grid(static_cast<unsigned>(mp / kTile), static_cast<unsigned>(tiles));
    const bool tensor = may_use_tensor_cores(ctx);
    const Product product{a.get(),          b.get(),          c.m, c.n, padded, c.relu, c.out,
                          part_index.get(), part_score.get(), tensor ? wild.get() : nullptr};
    if (tensor) {
      tensor_product_kernel<<<grid, kThreads, 0, ctx.stream>>>(product);
      launched("correlating");
    }
    product_kernel<<<grid, kThreads, 0, ctx.stream>>>(product);
    launched("correlating");
  }
  if (!c.out) {
    best_kernel<<<blocks_for(c.m, 256), 256, 0, ctx.stream>>>(part_index.get(), part_score.get(), c.m, tiles, c.index,
                                                              c.score);
    launched("joining the best");
  }
  finish(ctx, "rows names a row that a does not have");
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_correlate(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps,
                                int32_t relu, int32_t place, sc_tensor* out) {
  return border(ctx, "sc_correlate", [&] {
    Correlate c = check_correlate(ctx, a, rows, b, norm, eps);
    need_place(ctx, c, a, b, relu, place, out);
    run(*ctx, c);
  });
}

extern "C" int32_t sc_correlate_best(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps,
                                     sc_tensor* index, sc_tensor* score) {
  return border(ctx, "sc_correlate_best", [&] {
    Correlate c = check_correlate(ctx, a, rows, b, norm, eps);
    need_shape(ctx, index, "index", kInt, c.m);
    need_shape(ctx, score, "score", kFloat, c.m);
    need_apart(index, "index", rows);
    c.index = index->i();
    c.score = score->f();
    run(*ctx, c);
  });
}
