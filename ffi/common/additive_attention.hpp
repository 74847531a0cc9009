// Argument check of additive attention and of the token-wise network that follows it.
#pragma once

#include <initializer_list>

#include "handle.hpp"

namespace sc {

// Weights of one layer, as the header states their shapes.
struct AdditiveAttention {
  const float *x, *norm_weight, *norm_bias, *qkv, *q_logit, *k_logit, *r_weight, *r_bias, *out_weight, *out_bias;
  const float *cosine, *sine;  // both null: no rotation
  float* out;
  int64_t tokens, channels, heads, width;  // width: of one head, even
  float eps;
  int64_t inner() const { return heads * width; }
};

inline AdditiveAttention check_additive_attention(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight,
                                                  sc_tensor* norm_bias, float eps, int32_t heads, sc_tensor* qkv,
                                                  sc_tensor* q_logit, sc_tensor* k_logit, sc_tensor* r_weight,
                                                  sc_tensor* r_bias, sc_tensor* out_weight, sc_tensor* out_bias,
                                                  sc_tensor* cosine, sc_tensor* sine, sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 2);
  need(heads >= 1 && heads <= 256, "heads must be 1..256");
  need_tensor(ctx, qkv, "qkv", kFloat, 2);
  const int64_t tokens = x->shape[0], channels = x->shape[1], width = qkv->shape[0] / (3 * heads);
  need(channels >= 1 && channels <= 4096, "x needs 1..4096 channels");
  need(width >= 2 && width % 2 == 0 && width <= 64, "a head must have an even width, 2..64");
  const int64_t inner = heads * width;
  need_shape(ctx, qkv, "qkv", kFloat, 3 * inner, channels);
  need_shape(ctx, norm_weight, "norm_weight", kFloat, channels);
  need_shape(ctx, norm_bias, "norm_bias", kFloat, channels);
  need_shape(ctx, q_logit, "q_logit", kFloat, width);
  need_shape(ctx, k_logit, "k_logit", kFloat, width / 2);
  need_shape(ctx, r_weight, "r_weight", kFloat, width, width / 2);
  need_shape(ctx, r_bias, "r_bias", kFloat, width);
  need_shape(ctx, out_weight, "out_weight", kFloat, channels, inner);
  need_shape(ctx, out_bias, "out_bias", kFloat, channels);
  need((cosine == nullptr) == (sine == nullptr), "cosine and sine come together");
  if (cosine) {
    need_shape(ctx, cosine, "cosine", kFloat, tokens, width);
    need_shape(ctx, sine, "sine", kFloat, tokens, width);
    need_apart(out, "out", cosine);
    need_apart(out, "out", sine);
  }
  need_same_shape(ctx, out, "out", x);
  need(eps >= 0 && std::isfinite(eps), "eps must be finite and not negative");
  const sc_tensor* inputs[] = {x, norm_weight, norm_bias, qkv, q_logit, k_logit, r_weight, r_bias, out_weight, out_bias};
  for (const sc_tensor* given : inputs) need_apart(out, "out", given);
  return {x->f(),       norm_weight->f(), norm_bias->f(), qkv->f(),        q_logit->f(),
          k_logit->f(), r_weight->f(),    r_bias->f(),    out_weight->f(), out_bias->f(),
          cosine ? cosine->f() : nullptr, sine ? sine->f() : nullptr, out->f(), tokens, channels, heads, width, eps};
}

struct TokenMlp {
  const float *x, *norm_weight, *norm_bias, *weight1, *bias1, *weight2, *bias2;
  float* out;
  int64_t tokens, channels, hidden;
  float eps;
};

inline TokenMlp check_token_mlp(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias, float eps,
                                sc_tensor* weight1, sc_tensor* bias1, sc_tensor* weight2, sc_tensor* bias2,
                                sc_tensor* out) {
  need_tensor(ctx, x, "x", kFloat, 2);
  need_tensor(ctx, weight1, "weight1", kFloat, 2);
  const int64_t tokens = x->shape[0], channels = x->shape[1], hidden = weight1->shape[0];
  need(channels >= 1 && channels <= 4096 && hidden <= 65536, "x needs 1..4096 channels, weight1 up to 65536 rows");
  need_shape(ctx, norm_weight, "norm_weight", kFloat, channels);
  need_shape(ctx, norm_bias, "norm_bias", kFloat, channels);
  need_shape(ctx, weight1, "weight1", kFloat, hidden, channels);
  need_shape(ctx, bias1, "bias1", kFloat, hidden);
  need_shape(ctx, weight2, "weight2", kFloat, channels, hidden);
  need_shape(ctx, bias2, "bias2", kFloat, channels);
  need_same_shape(ctx, out, "out", x);
  need(eps >= 0 && std::isfinite(eps), "eps must be finite and not negative");
  for (const sc_tensor* given : {x, norm_weight, norm_bias, weight1, bias1, weight2, bias2}) need_apart(out, "out", given);
  return {x->f(), norm_weight->f(), norm_bias->f(), weight1->f(), bias1->f(), weight2->f(), bias2->f(),
          out->f(), tokens, channels, hidden, eps};
}

}  // namespace sc
