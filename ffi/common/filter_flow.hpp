// Argument check of the filtered PatchMatch over superpixels, and what both libraries share: labels proposed for a
// superpixel, positions, windows. ffi/reference/filter_flow.ts states the arithmetic.
#pragma once

#include <algorithm>
#include <vector>

#include "patch_match.hpp"

namespace sc {

constexpr int64_t kOne = 1 << 20;        // changes hold scale * cosine and scale * sine in this unit
constexpr int32_t kWorst = 3825;         // the largest cost of a site
constexpr int32_t kFine = 256;           // smoothed costs are in 1 / kFine of that unit
constexpr double kSlope = 65536;         // units of the filter's slopes and offsets between its two passes
constexpr double kOffset = 128;
constexpr int32_t kLimit = 5900000;      // of those, so that sums over a square of 361 stay in 32 bits
constexpr int32_t kUntried = 0x7FFFFFFF;
constexpr int32_t kMostLabels = 96;      // tried in one visit

struct FilterFlow {
  bool bytes;
  const uint8_t *source, *target;       // [h][w][parts][8]; [layers][rows][cols][8], zero beyond the picture
  const float *source_map, *target_map;  // [h][w][channels]; [changes][h2][w2][channels]
  int64_t parts, channels, layers, rows, cols, pad;
  int64_t h, w, h2, w2, changes, links, count;
  int32_t rotations, reach;
  const int32_t *change;  // [changes][3 + 3 * parts]
  const int32_t *guide, *superpixel, *link, *start, *home;
  int32_t stay;
  int32_t radius, iterations, search;
  double eps, ratio;
  uint32_t seed;
  int32_t *label, *cost, *energy;

  SC_BOTH int64_t entries() const { return 3 + 3 * parts; }
  // Labels one superpixel can try: its links, and a random one per halving of up to 2^14.
  SC_BOTH int64_t tried_room() const { return 1 + iterations * (links + 15); }
};

// `target_size`: [2], rows and columns of the target picture. Everything that is read on the host lies there.
inline FilterFlow check_filter_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, int32_t height, int32_t width,
                                    sc_tensor* change, int32_t rotations, int32_t reach, sc_tensor* guide,
                                    sc_tensor* superpixel, sc_tensor* link, sc_tensor* start, sc_tensor* home, int32_t stay, int32_t radius, double eps,
                                    int32_t iterations, int32_t search, double ratio, int32_t seed, sc_tensor* label, sc_tensor* cost,
                                    sc_tensor* energy) {
  need(source && target, "source or target is null");
  FilterFlow p{};
  p.bytes = source->dtype == kInt;
  need_tensor(ctx, source, "source", p.bytes ? kInt : kFloat, 3);
  need_tensor(ctx, target, "target", p.bytes ? kInt : kFloat, 4);
  need_tensor(ctx, change, "change", kInt, 2);
  need_tensor(ctx, link, "link", kInt, 2);
  p.h = source->shape[0], p.w = source->shape[1], p.h2 = height, p.w2 = width;
  need(p.h >= 1 && p.w >= 1 && p.h2 >= 1 && p.w2 >= 1, "a picture has no sites");
  need(std::max({p.h, p.w, p.h2, p.w2}) <= 16384, "a side is longer than 16384");
  p.changes = change->shape[0], p.rotations = rotations;
  need(rotations >= 1 && p.changes >= 1 && p.changes % rotations == 0, "rotations must divide the changes");
  need(p.changes <= 65536, "there are more than 65536 changes");
  need(reach >= 0 && reach <= 4096, "reach must be 0..4096");
  p.reach = reach, p.pad = 2 * static_cast<int64_t>(reach) + 1;
  if (p.bytes) {
    need(source->shape[2] % 2 == 0 && source->shape[2] <= 512, "source needs 8 bytes per part, up to 256 parts");
    need(target->shape[3] == 2, "target needs 8 bytes per site");
    p.parts = source->shape[2] / 2, p.layers = target->shape[0], p.rows = target->shape[1], p.cols = target->shape[2];
    need(p.rows == p.h2 + 2 * p.pad && p.cols == p.w2 + 2 * p.pad, "target needs 2 reach + 1 sites around the picture");
    p.source = reinterpret_cast<const uint8_t*>(source->data), p.target = reinterpret_cast<const uint8_t*>(target->data);
  } else {
    p.channels = source->shape[2];
    need(target->shape[0] == p.changes && target->shape[1] == p.h2 && target->shape[2] == p.w2 &&
             target->shape[3] == p.channels,
         "target must have the shape [changes, height, width, channels]");
    p.source_map = source->f(), p.target_map = target->f();
  }
  need_shape(ctx, change, "change", kInt, p.changes, p.entries());
  need_shape(ctx, guide, "guide", kInt, p.h, p.w);
  need_shape(ctx, superpixel, "superpixel", kInt, p.h, p.w);
  p.count = link->shape[0], p.links = link->shape[1];
  need(p.count >= 1, "there are no superpixels");
  need(p.links <= kMostLabels - 32, "a superpixel has more than 64 links");
  need_shape(ctx, start, "start", kInt, p.count, 3);
  need_shape(ctx, home, "home", kInt, p.h, p.w, 2);
  need(stay >= 0 && stay <= 8192, "stay must be 0..8192");
  need(radius >= 0 && radius <= 9, "radius must be 0..9");
  need(eps > 0 && eps <= 1e9, "eps must be above 0");
  need(iterations >= 0 && iterations <= 10000, "iterations must be 0..10000");
  need(search >= 0 && search <= 16384, "search must be 0..16384");
  need(ratio >= 1 && ratio <= 1e6, "ratio must be at least 1");
  need_shape(ctx, label, "label", kInt, p.h, p.w, 3);
  need_shape(ctx, cost, "cost", kInt, p.h, p.w);
  need_shape(ctx, energy, "energy", kInt, iterations + 1, 2);
  p.change = change->i(), p.guide = guide->i(), p.superpixel = superpixel->i(), p.link = link->i(), p.start = start->i();
  p.home = home->i(), p.stay = stay;
  p.radius = radius, p.eps = eps, p.iterations = iterations, p.search = search, p.ratio = ratio, p.seed = static_cast<uint32_t>(seed);
  p.label = label->i(), p.cost = cost->i(), p.energy = energy->i();
  return p;
}

// A superpixel's sites [from, to) in the list of all sites, and the box around them (last site included).
struct Region {
  int32_t from, to, left, top, right, bottom;
};

struct Regions {
  std::vector<int32_t> sites;
  std::vector<Region> of;
  int64_t largest = 0;  // sites of the largest window
};

// Checks what the host can only check by reading: numbers of superpixels, links, layers and offsets.
inline Regions regions_of(const FilterFlow& p, const int32_t* superpixel, const int32_t* link, const int32_t* change,
                          const int32_t* start) {
  Regions r;
  const int64_t n = p.h * p.w;
  r.of.assign(p.count, Region{0, 0, INT32_MAX, INT32_MAX, -1, -1});
  for (int64_t i = 0; i < n; i++) {
    need(superpixel[i] >= 0 && superpixel[i] < p.count, "superpixel has a number out of range");
    r.of[superpixel[i]].to++;
  }
  int32_t from = 0;
  for (Region& region : r.of) {
    need(region.to > 0, "a superpixel has no sites");
    region.from = from, from += region.to, region.to = region.from;
  }
  r.sites.resize(n);
  for (int64_t i = 0; i < n; i++) {
    Region& region = r.of[superpixel[i]];
    const int32_t x = static_cast<int32_t>(i % p.w), y = static_cast<int32_t>(i / p.w);
    r.sites[region.to++] = static_cast<int32_t>(i);
    region.left = std::min(region.left, x), region.right = std::max(region.right, x);
    region.top = std::min(region.top, y), region.bottom = std::max(region.bottom, y);
  }
  for (const Region& region : r.of) {
    const int64_t grow = 4 * p.radius + 1;
    r.largest = std::max(r.largest, (region.right - region.left + grow) * (region.bottom - region.top + grow));
  }
  for (int64_t i = 0; i < p.count * p.links; i++) need(link[i] >= -1 && link[i] < p.count, "link is out of range");
  for (int64_t i = 0; i < p.count; i++) {
    need(start[3 * i + 2] >= 0 && start[3 * i + 2] < p.changes, "start has a change out of range");
    need(std::abs(start[3 * i]) <= 1 << 18 && std::abs(start[3 * i + 1]) <= 1 << 18, "start is too far");
  }
  for (int64_t c = 0; c < p.changes; c++) {
    const int32_t* entry = change + c * p.entries();
    need(std::abs(entry[0]) <= 16 * kOne && std::abs(entry[1]) <= 16 * kOne, "change scales by more than 16");
    need(entry[2] >= 0 && entry[2] < 8, "change shifts by more than 7");
    for (int64_t part = 0; part < p.parts; part++) {
      const int32_t* place = entry + 3 + 3 * part;
      need(place[0] >= 0 && place[0] < p.layers, "change names a layer out of range");
      need(std::abs(place[1]) <= p.reach && std::abs(place[2]) <= p.reach, "change reaches too far");
    }
  }
  return r;
}

// Where a site goes under a label: the nearest target site, perhaps outside.
SC_BOTH void target_of(const int32_t* change, int64_t x, int64_t y, int64_t u, int64_t v, int64_t& tx, int64_t& ty) {
  tx = ((change[0] * x - change[1] * y + kOne / 2) >> 20) + u;
  ty = ((change[1] * x + change[0] * y + kOne / 2) >> 20) + v;
}

SC_BOTH bool inside_target(const FilterFlow& p, int64_t tx, int64_t ty) {
  return tx >= 0 && ty >= 0 && tx < p.w2 && ty < p.h2;
}

// Cost of leading a site to (tx, ty) and not home; positions beyond any picture count as its far end.
SC_BOTH int32_t stay_cost(const FilterFlow& p, int64_t site, int64_t tx, int64_t ty) {
  const int64_t dx = tx - p.home[2 * site], dy = ty - p.home[2 * site + 1];
  const int64_t away = (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy);
  return static_cast<int32_t>(p.stay * (away < 65536 ? away : 65536));
}

// In [-1, 1).
SC_BOTH double filter_spread(uint32_t random) { return random / 2147483648.0 - 1.0; }

SC_BOTH int64_t filter_floor(double value) {
  const int64_t whole = static_cast<int64_t>(value);
  return whole > value ? whole - 1 : whole;
}

// One of 0..n-1: `from` moved by `by`, around the end.
SC_BOTH int32_t filter_around(int32_t from, double by, int32_t n) {
  const int64_t at = filter_floor(from + by + 0.5) % n;
  return static_cast<int32_t>(at < 0 ? at + n : at);
}

// The labels a superpixel tries in a round (the start in round 0), without those it tried before, written to `list`
// [kMostLabels][3]. `tried` and `tried_count`: its labels so far.
SC_BOTH int32_t propose(const FilterFlow& p, int32_t k, int32_t round, const Region* regions, const int32_t* sites,
                        const int32_t* label, int64_t* tried, int32_t& tried_count, int32_t* list) {
  int32_t count = 0;
  auto attempt = [&](int64_t u, int64_t v, int32_t change) {
    if (count >= kMostLabels) return;
    const int64_t key = ((u + (1 << 19)) * (1 << 20) + v + (1 << 19)) * 65536 + change;
    for (int32_t i = tried_count; i-- > 0;) {
      if (tried[i] == key) return;
    }
    tried[tried_count++] = key;
    list[3 * count] = static_cast<int32_t>(u), list[3 * count + 1] = static_cast<int32_t>(v), list[3 * count + 2] = change;
    count++;
  };
  if (round == 0) {
    attempt(p.start[3 * k], p.start[3 * k + 1], p.start[3 * k + 2]);
    return count;
  }
  uint32_t counter = 0;
  auto random = [&] { return patch_random(p.seed, static_cast<uint32_t>(k), static_cast<uint32_t>(round), counter++); };
  auto site_of = [&](const Region& r) { return sites[patch_pick(random(), r.from, r.to - 1)]; };
  const int32_t own = site_of(regions[k]);
  for (int64_t i = 0; i < p.links; i++) {
    const int32_t other = p.link[k * p.links + i];
    if (other < 0) continue;
    const int32_t* l = label + 3 * static_cast<int64_t>(site_of(regions[other]));
    attempt(l[0], l[1], l[2]);
  }
  const int32_t* l = label + 3 * static_cast<int64_t>(own);
  const int32_t scales = static_cast<int32_t>(p.changes / p.rotations);
  const int64_t x = own % p.w, y = own / p.w;
  double turn = 2.0 * p.rotations, grow = 2.0 * scales;
  for (double reach = p.search; reach >= 1; reach /= 2) {
    const int64_t u = l[0] + filter_floor(filter_spread(random()) * reach + 0.5);
    const int64_t v = l[1] + filter_floor(filter_spread(random()) * reach + 0.5);
    const int32_t scale = filter_around(l[2] / p.rotations, filter_spread(random()) * grow, scales);
    const int32_t rotation = filter_around(l[2] % p.rotations, filter_spread(random()) * turn, p.rotations);
    turn /= p.ratio, grow /= p.ratio;
    const int32_t change = scale * p.rotations + rotation;
    int64_t tx, ty;
    target_of(p.change + change * p.entries(), x, y, u, v, tx, ty);
    if (inside_target(p, tx, ty)) attempt(u, v, change);
  }
  return count;
}

// A product that is rounded before it is added: contracted ones would differ between compilers.
inline double filter_times(double a, double b) {
  double product = a * b;
#if defined(__x86_64__)
  asm("" : "+x"(product));
#elif defined(__aarch64__)
  asm("" : "+w"(product));
#endif
  return product;
}

// The guided filter at a site as a linear map: slopes (of three colours) and offset, [4], from the sums of the cost and
// of its products with the colours, [4]: out[r] = sum over c of map[4 c + r] * sums[c]. `s`: sums over the site's square
// of 1; r, g, b; rr, rg, rb, gg, gb, bb.
inline void filter_map(const int64_t* s, double eps, double* map) {
  const auto times = filter_times;
  const double n = 1.0 / static_cast<double>(s[0]);
  const double m[3] = {s[1] * n, s[2] * n, s[3] * n};
  const double a = times(s[4], n) - times(m[0], m[0]) + eps, b = times(s[5], n) - times(m[0], m[1]);
  const double c = times(s[6], n) - times(m[0], m[2]), d = times(s[7], n) - times(m[1], m[1]) + eps;
  const double e = times(s[8], n) - times(m[1], m[2]), f = times(s[9], n) - times(m[2], m[2]) + eps;
  const double i00 = times(d, f) - times(e, e), i01 = times(c, e) - times(b, f), i02 = times(b, e) - times(c, d);
  const double i11 = times(a, f) - times(c, c), i12 = times(b, c) - times(a, e), i22 = times(a, d) - times(b, b);
  const double det = times(a, i00) + times(b, i01) + times(c, i02);
  const double inverse[3][3] = {
      {i00 / det, i01 / det, i02 / det}, {i01 / det, i11 / det, i12 / det}, {i02 / det, i12 / det, i22 / det}};
  double first[4] = {0, 0, 0, 1};
  for (int colour = 0; colour < 3; colour++) {
    double offset = 0;
    for (int row = 0; row < 3; row++) {
      map[4 * (colour + 1) + row] = inverse[row][colour] * n * kSlope;
      first[row] -= times(inverse[row][colour], m[colour]);
      offset -= times(inverse[row][colour], m[row]);
    }
    map[4 * (colour + 1) + 3] = offset * n * kOffset;
    first[3] -= times(offset, m[colour]);
  }
  for (int row = 0; row < 3; row++) map[row] = first[row] * n * kSlope;
  map[3] = first[3] * n * kOffset;
}

SC_BOTH int32_t filter_round(double value) {
  const double whole = value + 0.5;
  return whole > kLimit ? kLimit : whole < -kLimit ? -kLimit : static_cast<int32_t>(filter_floor(whole));
}

// The smoothed cost of a site from the sums of slopes and offset over its square of `n` sites.
SC_BOTH int32_t filter_cost(const int32_t* sums, int32_t guide, int32_t n) {
  const double slopes = static_cast<double>(sums[0]) * (guide & 255) + static_cast<double>(sums[1]) * (guide >> 8 & 255) +
                        static_cast<double>(sums[2]) * (guide >> 16 & 255);
  return static_cast<int32_t>(filter_floor((slopes * (kFine / kSlope) + sums[3] * (kFine / kOffset)) / n + 0.5));
}

// The cost of a site from the similarity of two features.
SC_BOTH int32_t feature_cost(float dot) {
  const double cost = (1.0 - dot) * kWorst;
  return !(cost < kWorst) ? kWorst : cost > 0 ? static_cast<int32_t>(cost + 0.5) : 0;
}

}  // namespace sc
