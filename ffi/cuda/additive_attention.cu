// Additive attention over all tokens, and the token-wise network after it.
//
// Token-wise work: a block brings some tokens into shared memory and its threads share the outputs. Sums over tokens: a
// block per (head, part) with a soft-max of its own, joined by one more kernel, in a fixed order.
#include <algorithm>

#include "../common/additive_attention.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kThreads = 256, kParts = 64;

__device__ inline float never() { return __int_as_float(0xff800000); }  // -infinity

// Normalised copies of `count` tokens in shared memory; a warp per token.
__device__ inline void load_tokens(const float* x, int64_t first, int count, int channels, const float* weight,
                                   const float* bias, float eps, float* to) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x / 32;
  for (int t = warp; t < count; t += kThreads / 32) {
    const float* from = x + (first + t) * channels;
    float mean = 0, spread = 0;
    for (int c = lane; c < channels; c += 32) mean += from[c];
    for (int o = 16; o > 0; o >>= 1) mean += __shfl_xor_sync(0xffffffffu, mean, o);
    mean /= channels;
    for (int c = lane; c < channels; c += 32) spread += (from[c] - mean) * (from[c] - mean);
    for (int o = 16; o > 0; o >>= 1) spread += __shfl_xor_sync(0xffffffffu, spread, o);
    const float by = 1 / sqrtf(spread / channels + eps);
    for (int c = lane; c < channels; c += 32) to[t * channels + c] = (from[c] - mean) * by * weight[c] + bias[c];
  }
}

__device__ inline float dot(const float* a, const float* b, int count) {
  float sum = 0;
  for (int c = 0; c < count; c++) sum = fmaf(a[c], b[c], sum);
  return sum;
}

// qkv: [tokens][3 * inner]
__global__ void __launch_bounds__(kThreads) project_kernel(AdditiveAttention p, int inner, int per_block, float* qkv) {
  extern __shared__ float tokens[];
  const int channels = static_cast<int>(p.channels), outputs = 3 * inner;
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * per_block; first < p.tokens;
       first += static_cast<int64_t>(gridDim.x) * per_block) {
    const int count = static_cast<int>(min(static_cast<int64_t>(per_block), p.tokens - first));
    __syncthreads();
    load_tokens(p.x, first, count, channels, p.norm_weight, p.norm_bias, p.eps, tokens);
    __syncthreads();
    for (int e = threadIdx.x; e < count * outputs; e += kThreads) {
      qkv[first * outputs + e] = dot(p.qkv + static_cast<int64_t>(e % outputs) * channels, tokens + e / outputs * channels,
                                     channels);
    }
  }
}

__device__ inline float block_sum(float v, float* room) {
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  __syncthreads();
  if ((threadIdx.x & 31) == 0) room[threadIdx.x / 32] = v;
  __syncthreads();
  v = 0;
  for (int w = 0; w < kThreads / 32; w++) v += room[w];
  return v;
}

__device__ inline float block_max(float v, float* room) {
  for (int o = 16; o > 0; o >>= 1) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, o));
  __syncthreads();
  if ((threadIdx.x & 31) == 0) room[threadIdx.x / 32] = v;
  __syncthreads();
  for (int w = 0; w < kThreads / 32; w++) v = fmaxf(v, room[w]);
  return v;
}

// Soft-max sums of one head over one part of the tokens. `query` null: queries with their own logits; else keys, with
// those of their agreement with the global query. partial: [heads][kParts][2 + width]: top, sum, values.
__global__ void __launch_bounds__(kThreads) sum_kernel(AdditiveAttention p, int inner, const float* qkv,
                                                       const float* query, float* partial) {
  __shared__ float room[kThreads / 32];
  const int head = blockIdx.x, part = blockIdx.y, width = static_cast<int>(p.width);
  const int64_t first = p.tokens * part / kParts, last = p.tokens * (part + 1) / kParts;
  const float* start = qkv + (query ? inner : 0) + head * width;
  const float scale = 1 / sqrtf(static_cast<float>(width));
  auto logit = [&](int64_t n) {
    const float* t = start + n * 3 * inner;
    float sum = 0;
    if (!query) return dot(p.q_logit, t, width) * scale;
    for (int d = 0; d < width; d += 2) {
      sum += p.k_logit[d / 2] * (t[d] * query[head * width + d] + t[d + 1] * query[head * width + d + 1]);
    }
    return sum * scale;
  };
  float top = never();
  for (int64_t n = first + threadIdx.x; n < last; n += kThreads) top = fmaxf(top, logit(n));
  top = block_max(top, room);
  float* out = partial + (static_cast<int64_t>(head) * kParts + part) * (2 + width);
  for (int d = -1; d < width; d++) {
    float sum = 0;
    for (int64_t n = first + threadIdx.x; n < last; n += kThreads) {
      const float weight = expf(logit(n) - top), *t = start + n * 3 * inner;
      float value = 1;
      if (d >= 0) {
        value = t[d];
        if (p.cosine) {
          const float other = d % 2 ? t[d - 1] : -t[d + 1];
          value = value * p.cosine[n * width + d] + other * p.sine[n * width + d];
        }
      }
      sum += weight * value;
    }
    sum = block_sum(sum, room);
    if (threadIdx.x == 0) out[2 + d] = sum;
  }
  if (threadIdx.x == 0) out[0] = top;
}

// out: [heads][width]
__global__ void join_kernel(const float* partial, int heads, int width, float* out) {
  for (int e = blockIdx.x * blockDim.x + threadIdx.x; e < heads * width; e += gridDim.x * blockDim.x) {
    const float* from = partial + static_cast<int64_t>(e / width) * kParts * (2 + width);
    float top = never();
    for (int part = 0; part < kParts; part++) top = fmaxf(top, from[part * (2 + width)]);
    double sum = 0, value = 0;
    for (int part = 0; part < kParts; part++) {
      const float* s = from + part * (2 + width);
      if (!(s[0] > never())) continue;
      const double by = exp(static_cast<double>(s[0]) - top);
      sum += s[1] * by;
      value += s[2 + e % width] * by;
    }
    out[e] = static_cast<float>(value / sum);
  }
}

__global__ void __launch_bounds__(kThreads) values_kernel(AdditiveAttention p, int inner, int per_block, const float* qkv,
                                                          const float* key) {
  extern __shared__ float joined[];  // [per_block][inner]
  const int channels = static_cast<int>(p.channels), width = static_cast<int>(p.width);
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * per_block; first < p.tokens;
       first += static_cast<int64_t>(gridDim.x) * per_block) {
    const int count = static_cast<int>(min(static_cast<int64_t>(per_block), p.tokens - first));
    __syncthreads();
    for (int e = threadIdx.x; e < count * inner; e += kThreads) {
      const int c = e % inner, d = c % width, head = c - d;
      const float *token = qkv + (first + e / inner) * 3 * inner, *v = token + 2 * inner + head, *by = key + head;
      float sum = token[c] + p.r_bias[d];
      for (int k = 0; k < width / 2; k++) {
        sum = fmaf(p.r_weight[d * (width / 2) + k], v[2 * k] * by[2 * k] + v[2 * k + 1] * by[2 * k + 1], sum);
      }
      joined[e] = sum;
    }
    __syncthreads();
    for (int e = threadIdx.x; e < count * channels; e += kThreads) {
      const int c = e % channels;
      p.out[first * channels + e] = p.x[first * channels + e] + p.out_bias[c] +
                                    dot(p.out_weight + static_cast<int64_t>(c) * inner, joined + e / channels * inner, inner);
    }
  }
}

__global__ void __launch_bounds__(kThreads) mlp_kernel(TokenMlp p, int per_block) {
  extern __shared__ float tokens[];  // [per_block][channels], then [per_block][hidden]
  const int channels = static_cast<int>(p.channels), width = static_cast<int>(p.hidden);
  float* hidden = tokens + per_block * channels;
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * per_block; first < p.tokens;
       first += static_cast<int64_t>(gridDim.x) * per_block) {
    const int count = static_cast<int>(min(static_cast<int64_t>(per_block), p.tokens - first));
    __syncthreads();
    load_tokens(p.x, first, count, channels, p.norm_weight, p.norm_bias, p.eps, tokens);
    __syncthreads();
    for (int e = threadIdx.x; e < count * width; e += kThreads) {
      const int o = e % width;
      const float v = p.bias1[o] + dot(p.weight1 + static_cast<int64_t>(o) * channels, tokens + e / width * channels, channels);
      hidden[e] = 0.5f * v * (1 + erff(v * 0.70710678f));
    }
    __syncthreads();
    for (int e = threadIdx.x; e < count * channels; e += kThreads) {
      const int c = e % channels;
      p.out[first * channels + e] = p.x[first * channels + e] + p.bias2[c] +
                                    dot(p.weight2 + static_cast<int64_t>(c) * width, hidden + e / channels * width, width);
    }
  }
}

// Tokens of `floats` each that a block takes: as many as fit in 48 KB, up to 32.
int tokens_per_block(int64_t floats) {
  need(floats <= 12288, "a token of more than 12288 values (channels and hidden together) does not fit a block");
  return static_cast<int>(std::min<int64_t>(32, 12288 / std::max<int64_t>(1, floats)));
}

void run(sc_ctx& ctx, const AdditiveAttention& p) {
  if (p.tokens == 0) return;
  const int inner = static_cast<int>(p.inner()), heads = static_cast<int>(p.heads), width = static_cast<int>(p.width);
  Scratch<float> qkv(ctx, p.tokens * 3 * inner, "projected tokens");
  Scratch<float> partial(ctx, static_cast<int64_t>(heads) * kParts * (2 + width), "sums over tokens");
  Scratch<float> query(ctx, inner, "the global query"), key(ctx, inner, "the global key");
  const int per_project = tokens_per_block(p.channels), per_values = tokens_per_block(inner);
  const dim3 grid(heads, kParts);
  project_kernel<<<blocks_for(p.tokens, per_project), kThreads, per_project * p.channels * sizeof(float), ctx.stream>>>(
      p, inner, per_project, qkv.get());
  launched("projecting tokens");
  sum_kernel<<<grid, kThreads, 0, ctx.stream>>>(p, inner, qkv.get(), nullptr, partial.get());
  launched("summing queries");
  join_kernel<<<blocks_for(inner, 128), 128, 0, ctx.stream>>>(partial.get(), heads, width, query.get());
  launched("joining queries");
  sum_kernel<<<grid, kThreads, 0, ctx.stream>>>(p, inner, qkv.get(), query.get(), partial.get());
  launched("summing keys");
  join_kernel<<<blocks_for(inner, 128), 128, 0, ctx.stream>>>(partial.get(), heads, width, key.get());
  launched("joining keys");
  values_kernel<<<blocks_for(p.tokens, per_values), kThreads, per_values * inner * sizeof(float), ctx.stream>>>(
      p, inner, per_values, qkv.get(), key.get());
  launched("joining heads");
  finish(ctx);
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_additive_attention(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias,
                                         float eps, int32_t heads, sc_tensor* qkv, sc_tensor* q_logit,
                                         sc_tensor* k_logit, sc_tensor* r_weight, sc_tensor* r_bias,
                                         sc_tensor* out_weight, sc_tensor* out_bias, sc_tensor* cosine, sc_tensor* sine,
                                         sc_tensor* out) {
  return border(ctx, "sc_additive_attention", [&] {
    run(*ctx, check_additive_attention(ctx, x, norm_weight, norm_bias, eps, heads, qkv, q_logit, k_logit, r_weight,
                                       r_bias, out_weight, out_bias, cosine, sine, out));
  });
}

extern "C" int32_t sc_token_mlp(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias, float eps,
                                sc_tensor* weight1, sc_tensor* bias1, sc_tensor* weight2, sc_tensor* bias2,
                                sc_tensor* out) {
  return border(ctx, "sc_token_mlp", [&] {
    TokenMlp p = check_token_mlp(ctx, x, norm_weight, norm_bias, eps, weight1, bias1, weight2, bias2, out);
    if (p.tokens == 0) return;
    const int per_block = tokens_per_block(p.channels + p.hidden);
    mlp_kernel<<<blocks_for(p.tokens, per_block), kThreads, per_block * (p.channels + p.hidden) * sizeof(float),
                 ctx->stream>>>(p, per_block);
    launched("running the token network");
    finish(*ctx);
  });
}
