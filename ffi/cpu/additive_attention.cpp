// Additive attention over all tokens, and the token-wise network after it. Tokens lie in the lanes: a block of them is
// transposed once, and every weight is a broadcast. Sums over tokens run per part with a running maximum; the number of
// parts is fixed, and they are joined in order, so that the result does not depend on the number of threads.
#include <algorithm>
#include <vector>

#include "../common/additive_attention.hpp"
#include "vmath.hpp"

SC_KERNEL(additive_attention, AdditiveAttention)
SC_KERNEL(token_mlp, TokenMlp)

namespace sc::SC_ISA {
namespace {

constexpr float kNoLogit = -std::numeric_limits<float>::infinity();
constexpr int64_t kTokenParts = 32;
constexpr int kTile = kLanes == 16 ? 12 : 6;  // outputs beside each other in registers

// The tokens of a part, in blocks of lanes.
struct Blocks {
  int64_t tokens, blocks;
  explicit Blocks(int64_t count) : tokens(count), blocks((count + kLanes - 1) / kLanes) {}
  int64_t first(int64_t part) const { return blocks * part / kTokenParts; }
  int64_t alive(int64_t block) const { return std::min<int64_t>(kLanes, tokens - block * kLanes); }
};

// [count tokens][channels] -> [channels][lanes]; missing tokens are 0.
inline void gather(const float* x, int64_t count, int64_t channels, float* out) {
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t t = 0; t < kLanes; t++) out[c * kLanes + t] = t < count ? x[t * channels + c] : 0;
  }
}

inline void normalise(float* x, int64_t channels, const float* weight, const float* bias, float eps) {
  V mean = V{}, spread = V{};
  for (int64_t c = 0; c < channels; c++) mean += load(x + c * kLanes);
  mean = mean / static_cast<float>(channels);
  for (int64_t c = 0; c < channels; c++) {
    const V d = load(x + c * kLanes) - mean;
    spread += d * d;
  }
  spread = spread / static_cast<float>(channels) + splat(eps);
  V by;
  for (int l = 0; l < kLanes; l++) by[l] = 1 / std::sqrt(spread[l]);
  for (int64_t c = 0; c < channels; c++) {
    store(x + c * kLanes, (load(x + c * kLanes) - mean) * by * splat(weight[c]) + splat(bias[c]));
  }
}

// out[o] = sum over c of weights[o][c] x[c] (+ bias[o]), lanes wide.
inline void linear(const float* weights, const float* bias, int64_t outputs, int64_t inputs, const float* x, float* out) {
  for (int64_t o = 0; o < outputs; o += kTile) {
    const int64_t count = std::min<int64_t>(kTile, outputs - o);
    V acc[kTile] = {};
    // Outputs past the end repeat the last one: no branch inside.
    const float* rows[kTile];
#pragma GCC unroll 12
    for (int t = 0; t < kTile; t++) rows[t] = weights + (o + std::min<int64_t>(t, count - 1)) * inputs;
    for (int64_t c = 0; c < inputs; c++) {
      const V in = load(x + c * kLanes);
#pragma GCC unroll 12
      for (int t = 0; t < kTile; t++) acc[t] += splat(rows[t][c]) * in;
    }
#pragma GCC unroll 12
    for (int t = 0; t < kTile; t++) {
      if (t < count) store(out + (o + t) * kLanes, bias ? acc[t] + splat(bias[o + t]) : acc[t]);
    }
  }
}

// Soft-max weighted sum of `width` values, one head, lanes wide: sum of e^(logit - top), and of that times the values.
struct Weighed {
  V top = splat(kNoLogit), sum = V{};
  V value[64];
};

inline void add(Weighed& s, int64_t width, V logit, const V* values) {
  const V top = max(logit, s.top), shift = select(top > splat(kNoLogit), top, V{});
  const V keep = exp(s.top - shift), take = exp(logit - shift);
  s.sum = s.sum * keep + take;
  for (int64_t d = 0; d < width; d++) s.value[d] = s.value[d] * keep + values[d] * take;
  s.top = top;
}

// Joins lanes and parts, in order. states: [parts][heads]; out: [heads][width].
void join(const Weighed* states, int64_t heads, int64_t width, float* out) {
  for (int64_t h = 0; h < heads; h++) {
    float top = kNoLogit;
    for (int64_t p = 0; p < kTokenParts; p++) {
      for (int l = 0; l < kLanes; l++) top = std::max(top, states[p * heads + h].top[l]);
    }
    double sum = 0;
    std::vector<double> values(width, 0.0);
    for (int64_t p = 0; p < kTokenParts; p++) {
      const Weighed& s = states[p * heads + h];
      for (int l = 0; l < kLanes; l++) {
        if (!(s.top[l] > kNoLogit)) continue;
        const double by = std::exp(static_cast<double>(s.top[l]) - top);
        sum += s.sum[l] * by;
        for (int64_t d = 0; d < width; d++) values[d] += s.value[d][l] * by;
      }
    }
    for (int64_t d = 0; d < width; d++) out[h * width + d] = static_cast<float>(values[d] / sum);
  }
}

// t * cos + (-t[1], t[0], -t[3], t[2], ...) * sin, for the tokens of a block.
inline void rotate(const float* t, int64_t width, const float* cosine, const float* sine, V* out) {
  for (int64_t d = 0; d < width; d++) {
    const V other = load(t + (d ^ 1) * kLanes);
    const V turned = d % 2 ? other : -other;
    out[d] = cosine ? load(t + d * kLanes) * load(cosine + d * kLanes) + turned * load(sine + d * kLanes)
                    : load(t + d * kLanes);
  }
}

// Lanes past the last token weigh nothing.
inline V only_alive(V logit, int64_t alive) {
  return select(lane_indices() < static_cast<int32_t>(alive), logit, splat(kNoLogit));
}

struct Attention {
  const AdditiveAttention& p;
  Blocks blocks;
  float* qkv;     // [blocks][3 * inner][lanes]
  float* angles;  // [blocks][2 * width][lanes], or null
  float* block_qkv(int64_t b) const { return qkv + b * 3 * p.inner() * kLanes; }
  const float* cosine(int64_t b) const { return angles ? angles + b * 2 * p.width * kLanes : nullptr; }
  const float* sine(int64_t b) const { return angles ? cosine(b) + p.width * kLanes : nullptr; }
};

// Projects the tokens of a part, and sums the rotated queries.
void queries(const Attention& w, int64_t part, float* line, Weighed* states) {
  const AdditiveAttention& p = w.p;
  const float scale = 1 / std::sqrt(static_cast<float>(p.width));
  V turned[64];
  for (int64_t b = w.blocks.first(part); b < w.blocks.first(part + 1); b++) {
    const int64_t alive = w.blocks.alive(b), token = b * kLanes;
    gather(p.x + token * p.channels, alive, p.channels, line);
    normalise(line, p.channels, p.norm_weight, p.norm_bias, p.eps);
    float* qkv = w.block_qkv(b);
    linear(p.qkv, nullptr, 3 * p.inner(), p.channels, line, qkv);
    if (p.cosine) {
      gather(p.cosine + token * p.width, alive, p.width, w.angles + b * 2 * p.width * kLanes);
      gather(p.sine + token * p.width, alive, p.width, w.angles + (b * 2 + 1) * p.width * kLanes);
    }
    for (int64_t h = 0; h < p.heads; h++) {
      const float* q = qkv + h * p.width * kLanes;
      V logit = V{};
      for (int64_t d = 0; d < p.width; d++) logit += splat(p.q_logit[d]) * load(q + d * kLanes);
      rotate(q, p.width, w.cosine(b), w.sine(b), turned);
      add(states[h], p.width, only_alive(logit * splat(scale), alive), turned);
    }
  }
}

// Sums the rotated keys, weighed by their agreement with the global query.
void keys(const Attention& w, int64_t part, const float* query, Weighed* states) {
  const AdditiveAttention& p = w.p;
  const float scale = 1 / std::sqrt(static_cast<float>(p.width));
  V turned[64];
  for (int64_t b = w.blocks.first(part); b < w.blocks.first(part + 1); b++) {
    for (int64_t h = 0; h < p.heads; h++) {
      const float *k = w.block_qkv(b) + (p.inner() + h * p.width) * kLanes, *by = query + h * p.width;
      V logit = V{};
      for (int64_t d = 0; d < p.width; d += 2) {
        const V both = load(k + d * kLanes) * splat(by[d]) + load(k + (d + 1) * kLanes) * splat(by[d + 1]);
        logit += splat(p.k_logit[d / 2]) * both;
      }
      rotate(k, p.width, w.cosine(b), w.sine(b), turned);
      add(states[h], p.width, only_alive(logit * splat(scale), w.blocks.alive(b)), turned);
    }
  }
}

// The values, weighed by the global key, back to the tokens.
void values(const Attention& w, int64_t part, const float* key, float* line) {
  const AdditiveAttention& p = w.p;
  float *joined = line, *result = line + p.inner() * kLanes;
  V pairs[32];
  for (int64_t b = w.blocks.first(part); b < w.blocks.first(part + 1); b++) {
    const float* qkv = w.block_qkv(b);
    for (int64_t h = 0; h < p.heads; h++) {
      const float *v = qkv + (2 * p.inner() + h * p.width) * kLanes, *by = key + h * p.width;
      for (int64_t d = 0; d < p.width; d += 2) {
        pairs[d / 2] = load(v + d * kLanes) * splat(by[d]) + load(v + (d + 1) * kLanes) * splat(by[d + 1]);
      }
      for (int64_t d = 0; d < p.width; d++) {
        V sum = load(qkv + (h * p.width + d) * kLanes) + splat(p.r_bias[d]);
        for (int64_t e = 0; e < p.width / 2; e++) sum += splat(p.r_weight[d * (p.width / 2) + e]) * pairs[e];
        store(joined + (h * p.width + d) * kLanes, sum);
      }
    }
    linear(p.out_weight, p.out_bias, p.channels, p.inner(), joined, result);
    for (int64_t t = 0; t < w.blocks.alive(b); t++) {
      const int64_t at = (b * kLanes + t) * p.channels;
      for (int64_t c = 0; c < p.channels; c++) p.out[at + c] = p.x[at + c] + result[c * kLanes + t];
    }
  }
}

}  // namespace

void additive_attention(sc_ctx& ctx, const AdditiveAttention& p) {
  if (p.tokens == 0) return;
  const Blocks blocks(p.tokens);
  Scratch<float> qkv(ctx, blocks.blocks * 3 * p.inner() * kLanes, "projected tokens");
  Scratch<float> angles(ctx, p.cosine ? blocks.blocks * 2 * p.width * kLanes : 0, "rotations");
  const int64_t line = (2 * p.inner() + 2 * p.channels) * kLanes;
  Scratch<float> lines(ctx, ctx.pool.threads() * line, "a block of tokens");
  Scratch<Weighed> states(ctx, kTokenParts * p.heads, "sums over tokens");
  Scratch<float> query(ctx, p.inner(), "the global query"), key(ctx, p.inner(), "the global key");
  const Attention w{p, blocks, qkv.get(), p.cosine ? angles.get() : nullptr};
  const auto clear = [&] {
    for (int64_t i = 0; i < kTokenParts * p.heads; i++) {
      states[i].top = splat(kNoLogit);
      states[i].sum = V{};
      for (int64_t d = 0; d < p.width; d++) states[i].value[d] = V{};
    }
  };
  clear();
  ctx.pool.run(kTokenParts, [&](int64_t part, int32_t worker) {
    queries(w, part, lines.get() + worker * line, states.get() + part * p.heads);
  });
  join(states.get(), p.heads, p.width, query.get());
  clear();
  ctx.pool.run(kTokenParts, [&](int64_t part, int32_t) { keys(w, part, query.get(), states.get() + part * p.heads); });
  join(states.get(), p.heads, p.width, key.get());
  ctx.pool.run(kTokenParts, [&](int64_t part, int32_t worker) { values(w, part, key.get(), lines.get() + worker * line); });
}

void token_mlp(sc_ctx& ctx, const TokenMlp& p) {
  if (p.tokens == 0) return;
  const Blocks blocks(p.tokens);
  const int64_t line = (2 * p.channels + p.hidden) * kLanes;
  Scratch<float> lines(ctx, ctx.pool.threads() * line, "a block of tokens");
  ctx.pool.run(kTokenParts, [&](int64_t part, int32_t worker) {
    float *in = lines.get() + worker * line, *hidden = in + p.channels * kLanes, *result = hidden + p.hidden * kLanes;
    for (int64_t b = blocks.first(part); b < blocks.first(part + 1); b++) {
      const int64_t alive = blocks.alive(b), token = b * kLanes;
      gather(p.x + token * p.channels, alive, p.channels, in);
      normalise(in, p.channels, p.norm_weight, p.norm_bias, p.eps);
      linear(p.weight1, p.bias1, p.hidden, p.channels, in, hidden);
      for (int64_t c = 0; c < p.hidden; c++) store(hidden + c * kLanes, gelu(load(hidden + c * kLanes)));
      linear(p.weight2, p.bias2, p.channels, p.hidden, hidden, result);
      for (int64_t t = 0; t < alive; t++) {
        const int64_t at = (token + t) * p.channels;
        for (int64_t c = 0; c < p.channels; c++) p.out[at + c] = p.x[at + c] + result[c * kLanes + t];
      }
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_additive_attention(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias,
                                         float eps, int32_t heads, sc_tensor* qkv, sc_tensor* q_logit,
                                         sc_tensor* k_logit, sc_tensor* r_weight, sc_tensor* r_bias,
                                         sc_tensor* out_weight, sc_tensor* out_bias, sc_tensor* cosine, sc_tensor* sine,
                                         sc_tensor* out) {
  return sc::border(ctx, "sc_additive_attention", [&] {
    auto p = sc::check_additive_attention(ctx, x, norm_weight, norm_bias, eps, heads, qkv, q_logit, k_logit, r_weight,
                                          r_bias, out_weight, out_bias, cosine, sine, out);
    SC_CALL(additive_attention, *ctx, p);
  });
}

extern "C" int32_t sc_token_mlp(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias, float eps,
                                sc_tensor* weight1, sc_tensor* bias1, sc_tensor* weight2, sc_tensor* bias2,
                                sc_tensor* out) {
  return sc::border(ctx, "sc_token_mlp", [&] {
    auto p = sc::check_token_mlp(ctx, x, norm_weight, norm_bias, eps, weight1, bias1, weight2, bias2, out);
    SC_CALL(token_mlp, *ctx, p);
  });
}
#endif
