// What both libraries share: the tensor's header, failures as exceptions that stop at the border, argument checks.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <string>

#include "../include/sc.h"

namespace sc {

enum : int32_t { kFloat = 0, kInt = 1 };
constexpr int32_t kMaxRank = 10;
// Statuses, as sc.h lists them.
enum : int32_t { kArgument = 1, kNoContext = 2, kMemory = 3, kDevice = 4 };

struct Failure : std::exception {
  std::string text;
  int32_t status;
  explicit Failure(std::string t, int32_t s = kArgument) : text(std::move(t)), status(s) {}
  const char* what() const noexcept override { return text.c_str(); }
};

__attribute__((format(printf, 1, 2))) inline std::string format(const char* pattern, ...) {
  char line[512];
  va_list list;
  va_start(list, pattern);
  std::vsnprintf(line, sizeof line, pattern, list);
  va_end(list);
  return line;
}

// Copies text for C callers; returns the length without the final NUL.
inline int32_t put_text(const std::string& text, char* out, int32_t size) noexcept {
  if (!out || size <= 0) return 0;
  int32_t n = text.size() < static_cast<size_t>(size) ? static_cast<int32_t>(text.size()) : size - 1;
  for (int32_t i = 0; i < n; i++) out[i] = text[i];
  out[n] = 0;
  return n;
}

}  // namespace sc

struct sc_tensor {
  sc_ctx* ctx;
  int32_t dtype;
  int32_t rank;
  int64_t shape[sc::kMaxRank];
  int64_t count;
  char* data;   // where the library computes; guard bytes lie before and after
  char* block;  // what was allocated
  int64_t bytes;
  int64_t room;  // of the block; the CPU library's may be larger than it needs

  float* f() const { return reinterpret_cast<float*>(data); }
  int32_t* i() const { return reinterpret_cast<int32_t*>(data); }
  // Product of the sizes of axes [from, to).
  int64_t span(int32_t from, int32_t to) const {
    int64_t n = 1;
    for (int32_t a = from; a < to; a++) n *= shape[a];
    return n;
  }
};

namespace sc {

// The part of a context that does not know the device.
struct Base {
  std::mutex busy;  // one operation at a time
  std::mutex text_lock;
  std::string text;
  std::atomic<int64_t> live{0}, used{0}, peak{0}, holders{1}, ended{0};
  int64_t limit = 0;
  int32_t flags = 0;

  void fail(const std::string& what) noexcept {
    try {
      std::lock_guard<std::mutex> hold(text_lock);
      text = what;
    } catch (...) {
    }
  }
  void take(int64_t bytes, const char* what) {
    int64_t now = used.fetch_add(bytes) + bytes;
    if (limit > 0 && now > limit) {
      used.fetch_sub(bytes);
      throw Failure(format("%s needs %.1f MB, but %.1f of the allowed %.1f MB are taken", what, bytes / 1e6,
                           (now - bytes) / 1e6, limit / 1e6), kMemory);
    }
    int64_t seen = peak.load();
    while (seen < now && !peak.compare_exchange_weak(seen, now)) {
    }
  }
  void give(int64_t bytes) noexcept { used.fetch_sub(bytes); }
};

Base& base_of(sc_ctx* ctx);

// An operation's turn. A tensor may be made on one thread, used on a second and freed on a third: the counters carry
// what each wrote to the next, so that nothing rests on how the caller's threads speak to each other. `live` was raised
// when the tensor was complete; `ended` is read before one is freed.
class Turn {
 public:
  explicit Turn(Base& base) : base_(base), hold_(base.busy) { base_.live.load(); }
  ~Turn() { base_.ended.fetch_add(1); }

 private:
  Base& base_;
  std::lock_guard<std::mutex> hold_;
};

// Runs the body of an exported function: no exception passes, the text stays in the context.
template <class F>
int32_t border(sc_ctx* ctx, const char* name, F&& body) noexcept {
  if (!ctx) return kNoContext;
  Base& base = base_of(ctx);
  try {
    Turn turn(base);
    body();
    return 0;
  } catch (const std::bad_alloc&) {
    base.fail(std::string(name) + ": out of memory");
    return kMemory;
  } catch (const Failure& e) {
    base.fail(std::string(name) + ": " + e.text);
    return e.status;
  } catch (const std::exception& e) {
    base.fail(std::string(name) + ": " + e.what());
    return kDevice;
  } catch (...) {
    base.fail(std::string(name) + ": unknown failure");
    return kDevice;
  }
}

// --- argument checks ---

inline std::string shape_text(const sc_tensor* t) {
  std::string s = "[";
  for (int32_t a = 0; a < t->rank; a++) s += (a ? ", " : "") + std::to_string(t->shape[a]);
  return s + "]";
}

inline void need(bool holds, const char* what) {
  if (!holds) throw Failure(what);
}

// A tensor of this context with the given type and rank (-1: any rank).
inline void need_tensor(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, int32_t rank) {
  if (!t) throw Failure(format("%s is null", name));
  if (t->ctx != ctx) throw Failure(format("%s belongs to another context", name));
  if (t->dtype != dtype) throw Failure(format("%s must be %s", name, dtype == kFloat ? "float32" : "int32"));
  if (rank >= 0 && t->rank != rank) {
    throw Failure(format("%s must have %d axes, has shape %s", name, rank, shape_text(t).c_str()));
  }
}

template <class... N>
void need_shape(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, N... sizes) {
  const int64_t want[] = {static_cast<int64_t>(sizes)...};
  need_tensor(ctx, t, name, dtype, sizeof...(sizes));
  for (int32_t a = 0; a < t->rank; a++) {
    if (t->shape[a] == want[a]) continue;
    std::string text = "[";
    for (int32_t k = 0; k < t->rank; k++) text += (k ? ", " : "") + std::to_string(want[k]);
    throw Failure(format("%s must have shape %s], has %s", name, text.c_str(), shape_text(t).c_str()));
  }
}

inline void need_same_shape(sc_ctx* ctx, const sc_tensor* t, const char* name, const sc_tensor* like) {
  need_tensor(ctx, t, name, like->dtype, like->rank);
  for (int32_t a = 0; a < t->rank; a++) {
    if (t->shape[a] != like->shape[a]) {
      throw Failure(format("%s must have shape %s, has %s", name, shape_text(like).c_str(), shape_text(t).c_str()));
    }
  }
}

// The body of sc_tensor_reshape.
inline void reshape(sc_ctx* ctx, sc_tensor* t, int32_t rank, const int32_t* shape) {
  need(t && t->ctx == ctx, "no tensor of this context");
  need(rank >= 0 && rank <= kMaxRank, "rank must be 0..10");
  need(rank == 0 || shape, "shape is null");
  double count = 1;
  for (int32_t a = 0; a < rank; a++) {
    need(shape[a] >= 0, "a size is negative");
    count *= shape[a];
  }
  need(count == static_cast<double>(t->count), "the number of elements differs");
  t->rank = rank;
  for (int32_t a = 0; a < rank; a++) t->shape[a] = shape[a];
}

inline void need_apart(const sc_tensor* out, const char* name, const sc_tensor* in) {
  if (out == in) throw Failure(format("%s is also an input", name));
}

}  // namespace sc
