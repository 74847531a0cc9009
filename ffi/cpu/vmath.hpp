// Transcendental functions on vectors, accurate to about one unit in the last place.
#pragma once

#include <cmath>
#include <initializer_list>
#include <limits>

#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

inline V max(V a, V b) { return select(a > b, a, b); }

inline V as_float(VI bits) {
  V v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
inline VI as_int(V v) {
  VI bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial for e^r, n into the exponent bits. Below -87.3 the result is 0
// (no denormals), above 88.3 infinity, NaN stays NaN.
inline V exp(V x) {
  const V low = splat(-87.3f), high = splat(88.3f), magic = splat(12582912.0f);  // 1.5 * 2^23: rounds to whole numbers
  V y = select(x > low, select(x < high, x, high), low);
  V shifted = y * splat(1.44269504f) + magic;
  V n = shifted - magic;
  V r = y - n * splat(0.693359375f) + n * splat(2.12194440e-4f);
  V p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * r * r + r + splat(1.0f);
  VI exponent = (as_int(shifted) - 0x4B400000 + 127) << 23;
  V value = p * as_float(exponent);
  value = select(x <= low, V{}, value);
  value = select(x >= high, splat(std::numeric_limits<float>::infinity()), value);
  return select(x == x, value, x);
}

// x / 2 * (1 + erf(x / sqrt 2)), erf by Abramowitz and Stegun 7.1.26, wrong by 1.5e-7 at most.
inline V gelu(V x) {
  const VI negative = x < V{};
  const V a = select(negative, -x, x) * splat(0.70710678f), t = splat(1.0f) / (splat(1.0f) + splat(0.3275911f) * a);
  V q = splat(1.061405429f);
  for (float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f}) q = q * t + splat(c);
  q = q * t * exp(-a * a);  // 1 - erf(a)
  const V tail = splat(0.5f) * x * q;
  return select(negative, tail, x - tail);
}

}  // namespace
}  // namespace sc::SC_ISA
