// Bilinear values of a map at points, and of a volume at new sizes.
#include <algorithm>

#include "../common/read_out.hpp"
#include "isa.hpp"

SC_KERNEL(sample, Sample)
SC_KERNEL(interpolate4d, Interpolate4d)

namespace sc::SC_ISA {
namespace {

// out = sum of w[i] * x[i] over four rows of `count` floats. A weight of 0 takes no part, so that a neighbour that is NaN
// or outside cannot spoil a point that lies exactly on a cell.
void blend(const float* const x[4], const float w[4], int64_t count, float* out) {
  const float* used[4];
  float weight[4];
  int n = 0;
  for (int i = 0; i < 4; i++) {
    if (w[i] != 0) used[n] = x[i], weight[n++] = w[i];
  }
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    V sum = V{};
    for (int i = 0; i < n; i++) sum += load(used[i] + c) * weight[i];
    store(out + c, sum);
  }
  for (; c < count; c++) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += used[i][c] * weight[i];
    out[c] = sum;
  }
}

// Where an output position comes from along one axis.
struct Axis {
  int64_t low, high;
  float share;  // of `high`
};

Axis axis_of(int64_t i, int64_t from, int64_t to, bool align_corners) {
  double at;
  if (align_corners) at = to > 1 ? static_cast<double>(i) * (from - 1) / (to - 1) : 0;
  else at = std::max(0.0, (i + 0.5) * static_cast<double>(from) / to - 0.5);
  const int64_t low = std::min(from - 1, static_cast<int64_t>(at)), high = std::min(from - 1, low + 1);
  return {low, high, std::min(1.0f, static_cast<float>(at - static_cast<double>(low)))};
}

}  // namespace

void sample(sc_ctx& ctx, const Sample& p) {
  const int64_t grain = 16384 / (p.channels + 1) + 1;
  ctx.pool.run((p.count + grain - 1) / grain, [&](int64_t job, int32_t) {
    for (int64_t i = job * grain; i < std::min(p.count, (job + 1) * grain); i++) {
      float x = p.points[2 * i], y = p.points[2 * i + 1], *out = p.out + i * p.channels;
      if (p.relative > 0) {
        x += static_cast<float>(i % p.relative);
        y += static_cast<float>(i / p.relative);
      }
      if (x != x || y != y) {
        std::fill(out, out + p.channels, std::numeric_limits<float>::quiet_NaN());
        continue;
      }
      const float right = static_cast<float>(p.width - 1), bottom = static_cast<float>(p.height - 1);
      if (p.border) {
        x = std::min(std::max(x, 0.0f), right);
        y = std::min(std::max(y, 0.0f), bottom);
      } else if (!(x > -1 && x < right + 1 && y > -1 && y < bottom + 1)) {
        std::fill(out, out + p.channels, 0.0f);
        continue;
      }
      const float left = std::floor(x), top = std::floor(y), fx = x - left, fy = y - top;
      const int64_t x0 = static_cast<int64_t>(left), y0 = static_cast<int64_t>(top);
      const float* from[4];
      float weight[4];
      for (int corner = 0; corner < 4; corner++) {
        const int64_t cx = x0 + corner % 2, cy = y0 + corner / 2;
        const bool inside = cx >= 0 && cx < p.width && cy >= 0 && cy < p.height;
        from[corner] = inside ? p.map + (cy * p.width + cx) * p.channels : p.map;
        weight[corner] = inside ? (corner % 2 ? fx : 1 - fx) * (corner / 2 ? fy : 1 - fy) : 0;
      }
      blend(from, weight, p.channels, out);
    }
  });
}

void interpolate4d(sc_ctx& ctx, const Interpolate4d& p) {
  const int64_t plane = p.from[2] * p.from[3] * p.channels, out_plane = p.to[2] * p.to[3] * p.channels;
  if (out_plane * p.to[0] * p.to[1] == 0) return;
  const int64_t line = p.from[3] * p.channels, room = plane + line;
  Scratch<float> rooms(ctx, ctx.pool.threads() * room, "a plane");
  // Where each column comes from, the same in every row: element numbers within a line, and the share of the second.
  Scratch<int32_t> low(ctx, p.to[3], "columns"), high(ctx, p.to[3], "columns");
  Scratch<float> shares(ctx, p.to[3], "columns");
  for (int64_t col = 0; col < p.to[3]; col++) {
    const Axis l = axis_of(col, p.from[3], p.to[3], p.align_corners);
    low[col] = static_cast<int32_t>(l.low * p.channels), high[col] = static_cast<int32_t>(l.high * p.channels);
    shares[col] = l.share;
  }
  ctx.pool.run(p.to[0] * p.to[1], [&](int64_t job, int32_t worker) {
    float *own = rooms.get() + worker * room, *row = own + plane;
    const Axis i = axis_of(job / p.to[1], p.from[0], p.to[0], p.align_corners);
    const Axis j = axis_of(job % p.to[1], p.from[1], p.to[1], p.align_corners);
    auto at = [&](int64_t y, int64_t x) { return p.x + (y * p.from[1] + x) * plane; };
    const float* from[4] = {at(i.low, j.low), at(i.low, j.high), at(i.high, j.low), at(i.high, j.high)};
    const float weight[4] = {(1 - i.share) * (1 - j.share), (1 - i.share) * j.share, i.share * (1 - j.share),
                             i.share * j.share};
    blend(from, weight, plane, own);
    float* out = p.out + job * out_plane;
    for (int64_t y = 0; y < p.to[2]; y++) {
      const Axis k = axis_of(y, p.from[2], p.to[2], p.align_corners);
      const float* lines[4] = {own + k.low * line, own + k.high * line, own, own};
      const float both[4] = {1 - k.share, k.share, 0, 0};
      blend(lines, both, line, row);
      if (p.channels == 1) {
        const int32_t *first = low.get(), *second = high.get();
        const float* share = shares.get();
#pragma omp simd
        for (int64_t col = 0; col < p.to[3]; col++) {
          const float a = row[first[col]], b = row[second[col]], s = share[col];
          // As blend(): a weight of 0 takes no part.
          out[col] = s == 0 ? a : s == 1 ? b : a * (1 - s) + b * s;
        }
        out += p.to[3];
        continue;
      }
      for (int64_t col = 0; col < p.to[3]; col++, out += p.channels) {
        const float* ends[4] = {row + low[col], row + high[col], row, row};
        const float part[4] = {1 - shares[col], shares[col], 0, 0};
        blend(ends, part, p.channels, out);
      }
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_sample(sc_ctx* ctx, sc_tensor* map, sc_tensor* points, int32_t border, int32_t relative,
                             sc_tensor* out) {
  return sc::border(ctx, "sc_sample", [&] {
    auto p = sc::check_sample(ctx, map, points, border, relative, out);
    SC_CALL(sample, *ctx, p);
  });
}

extern "C" int32_t sc_interpolate4d(sc_ctx* ctx, sc_tensor* x, int32_t align_corners, sc_tensor* out) {
  return sc::border(ctx, "sc_interpolate4d", [&] {
    auto p = sc::check_interpolate4d(ctx, x, align_corners, out);
    SC_CALL(interpolate4d, *ctx, p);
  });
}
#endif
