// Discrete Fourier transforms of one line, every lane its own: mixed radices, natural order in and out.
//
// A line is an array of vectors, real parts apart from imaginary ones. Only the forward transform exists, with
// exp(-2 pi i nk / N) and no scale: the inverse is the same with the two parts exchanged on the way in and out.
#pragma once

#include <algorithm>

#include "isa.hpp"

namespace sc::SC_ISA {
namespace {

constexpr int kMostPoints = 256;

// cos(2 pi t / n), in double: a series about zero, where the reduced angle lies within pi.
__attribute__((noinline)) constexpr double cos_turn(int t, int n) {
  t %= n;
  if (2 * t > n) t = n - t;
  const double x = 6.283185307179586476925 * t / n;
  double sum = 1, term = 1;
  for (int i = 1; i < 24; i++) {
    term *= -x * x / ((2 * i - 1) * (2 * i));
    sum += term;
  }
  return sum;
}
constexpr double sin_turn(int t, int n) { return cos_turn(4 * t - n + 4 * n, 4 * n); }

template <int R>
struct Turns {
  float cos[R], sin[R];
  constexpr Turns() : cos(), sin() {
    for (int t = 0; t < R; t++) {
      cos[t] = static_cast<float>(cos_turn(t, R));
      sin[t] = static_cast<float>(sin_turn(t, R));
    }
  }
};
template <int R>
constexpr Turns<R> kTurns{};

// The transform of R points in registers. Odd R: point t and R - t share their products.
template <int R>
inline __attribute__((always_inline)) void points(V* re, V* im) {
  if constexpr (R == 2) {
    const V r = re[1], i = im[1];
    re[1] = re[0] - r, im[1] = im[0] - i;
    re[0] += r, im[0] += i;
  } else if constexpr (R == 4) {
    const V ar = re[0] + re[2], ai = im[0] + im[2], br = re[0] - re[2], bi = im[0] - im[2];
    const V cr = re[1] + re[3], ci = im[1] + im[3], dr = re[1] - re[3], di = im[1] - im[3];
    re[0] = ar + cr, im[0] = ai + ci;
    re[1] = br + di, im[1] = bi - dr;
    re[2] = ar - cr, im[2] = ai - ci;
    re[3] = br - di, im[3] = bi + dr;
  } else if constexpr (R == 6) {
    // 2 x 3 without twiddles: 2 and 3 have no common factor.
    V er[3] = {re[0], re[2], re[4]}, ei[3] = {im[0], im[2], im[4]};
    V or_[3] = {re[3], re[5], re[1]}, oi[3] = {im[3], im[5], im[1]};
    points<3>(er, ei);
    points<3>(or_, oi);
#pragma GCC unroll 3
    for (int u = 0; u < 3; u++) {
      re[4 * u % 6] = er[u] + or_[u], im[4 * u % 6] = ei[u] + oi[u];
      re[(4 * u + 3) % 6] = er[u] - or_[u], im[(4 * u + 3) % 6] = ei[u] - oi[u];
    }
  } else if constexpr (R == 8) {
    V er[4] = {re[0], re[2], re[4], re[6]}, ei[4] = {im[0], im[2], im[4], im[6]};
    V or_[4] = {re[1], re[3], re[5], re[7]}, oi[4] = {im[1], im[3], im[5], im[7]};
    points<4>(er, ei);
    points<4>(or_, oi);
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) {
      const V c = splat(kTurns<8>.cos[u]), s = splat(kTurns<8>.sin[u]);
      const V r = or_[u] * c + oi[u] * s, i = oi[u] * c - or_[u] * s;
      re[u] = er[u] + r, im[u] = ei[u] + i;
      re[u + 4] = er[u] - r, im[u + 4] = ei[u] - i;
    }
  } else {
    constexpr int kHalf = R / 2;
    V sr[kHalf], si[kHalf], dr[kHalf], di[kHalf];
    V zero_r = re[0], zero_i = im[0];
#pragma GCC unroll 6
    for (int t = 0; t < kHalf; t++) {
      sr[t] = re[t + 1] + re[R - 1 - t], si[t] = im[t + 1] + im[R - 1 - t];
      dr[t] = re[t + 1] - re[R - 1 - t], di[t] = im[t + 1] - im[R - 1 - t];
      zero_r += sr[t], zero_i += si[t];
    }
#pragma GCC unroll 6
    for (int u = 1; u <= kHalf; u++) {
      V pr = re[0], pi = im[0], qr = V{}, qi = V{};  // re[0] and im[0] are replaced last
#pragma GCC unroll 6
      for (int t = 1; t <= kHalf; t++) {
        const V c = splat(kTurns<R>.cos[t * u % R]), s = splat(kTurns<R>.sin[t * u % R]);
        pr += sr[t - 1] * c, pi += si[t - 1] * c;
        qr += di[t - 1] * s, qi += dr[t - 1] * s;
      }
      re[u] = pr + qr, im[u] = pi - qi;
      re[R - u] = pr - qr, im[R - u] = pi + qi;
    }
    re[0] = zero_r, im[0] = zero_i;
  }
}

// A length as a product of radices, with the twiddles of each pass.
struct Fourier {
  int n = 1, passes = 0;
  int radix[8] = {};
  float turns[2 * kMostPoints * 2];  // per pass: [p][u - 1][cos, sin]
  int first[8] = {};
};

// One pass of the form that sorts itself: n = R * m points apart, s interleaved transforms.
template <int R>
void pass(const V* re, const V* im, V* to_re, V* to_im, int m, int s, const float* turns) {
  for (int p = 0; p < m; p++, turns += 2 * (R - 1)) {
    for (int q = 0; q < s; q++) {
      V r[R], i[R];
#pragma GCC unroll 9
      for (int t = 0; t < R; t++) r[t] = re[q + s * (p + m * t)], i[t] = im[q + s * (p + m * t)];
      points<R>(r, i);
      V *out_re = to_re + q + s * R * p, *out_im = to_im + q + s * R * p;
      out_re[0] = r[0], out_im[0] = i[0];
      if (p == 0) {
#pragma GCC unroll 9
        for (int u = 1; u < R; u++) out_re[s * u] = r[u], out_im[s * u] = i[u];
        continue;
      }
#pragma GCC unroll 9
      for (int u = 1; u < R; u++) {
        const V c = splat(turns[2 * u - 2]), d = splat(turns[2 * u - 1]);
        out_re[s * u] = r[u] * c + i[u] * d;
        out_im[s * u] = i[u] * c - r[u] * d;
      }
    }
  }
}

// The radices of n, fewest passes first found; false where a prime above 7 divides it.
bool factor(int n, Fourier& f) {
  f.n = n;
  f.passes = 0;
  // Two passes where they do, else greedily.
  for (int a = 9; a >= 2 && f.passes == 0; a--) {
    if (n == a) f.radix[f.passes++] = a;
    else if (n % a == 0 && n / a <= a && n / a >= 2) f.radix[f.passes++] = a, f.radix[f.passes++] = n / a;
  }
  if (f.passes == 0) {
    int left = n;
    for (int a : {9, 8, 7, 5, 4, 3, 2}) {
      for (; left % a == 0; left /= a) f.radix[f.passes++] = a;
    }
    if (left != 1) return false;
  }
  return true;
}

void twiddles(Fourier& f) {
  float* to = f.turns;
  for (int pass = 0, n = f.n; pass < f.passes; n /= f.radix[pass++]) {
    f.first[pass] = static_cast<int>(to - f.turns);
    for (int p = 0; p < n / f.radix[pass]; p++) {
      for (int u = 1; u < f.radix[pass]; u++) {
        *to++ = static_cast<float>(cos_turn(p * u % n, n));
        *to++ = static_cast<float>(sin_turn(p * u % n, n));
      }
    }
  }
}

// The shortest length of at least n points that has small factors; 0 where none is short enough.
int smooth(int n) {
  Fourier f;
  for (; n <= kMostPoints; n++) {
    if (factor(n, f)) return n;
  }
  return 0;
}

struct Line {
  V *re, *im;
};
// Transforms a line; the result lies in it or in the spare one.
inline Line transform(const Fourier& f, Line from, Line spare) {
  int s = 1, n = f.n;
  for (int k = 0; k < f.passes; k++) {
    const int r = f.radix[k], m = n / r;
    const float* turns = f.turns + f.first[k];
    switch (r) {
      case 2: pass<2>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 3: pass<3>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 4: pass<4>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 5: pass<5>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 6: pass<6>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 7: pass<7>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      case 8: pass<8>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
      default: pass<9>(from.re, from.im, spare.re, spare.im, m, s, turns); break;
    }
    std::swap(from, spare);
    n = m;
    s *= r;
  }
  return from;
}

}  // namespace
}  // namespace sc::SC_ISA
