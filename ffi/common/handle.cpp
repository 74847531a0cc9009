// Failures, memory counting and argument checks of both libraries.
#include "handle.hpp"

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string>

namespace sc {

Text format(const char* pattern, ...) noexcept {
  Text text;
  va_list list;
  va_start(list, pattern);
  std::vsnprintf(text.line, sizeof text.line, pattern, list);
  va_end(list);
  return text;
}

int32_t put_text(const char* text, char* out, int32_t size) noexcept {
  if (!out || size <= 0) return 0;
  int32_t n = 0;
  for (; n < size - 1 && text[n]; n++) out[n] = text[n];
  out[n] = 0;
  return n;
}

struct Base::Guarded {
  std::mutex busy;  // one operation at a time
  std::mutex lock;  // of the text
  Text text{};
};

Base::Base() : guarded_(new Guarded) {}
Base::~Base() { delete guarded_; }

void Base::fail(const char* what) noexcept {
  try {
    std::lock_guard<std::mutex> hold(guarded_->lock);
    guarded_->text = format("%s", what);
  } catch (...) {
  }
}

int32_t Base::failure(char* out, int32_t size) noexcept {
  try {
    std::lock_guard<std::mutex> hold(guarded_->lock);
    return put_text(guarded_->text.line, out, size);
  } catch (...) {
    return 0;
  }
}

void Base::take(int64_t bytes, const char* what) {
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

// An operation's turn. A tensor may be made on one thread, used on a second and freed on a third: the counters carry
// what each wrote to the next, so that nothing rests on how the caller's threads speak to each other. `live` was raised
// when the tensor was complete, and is read before anything else; `ended` is read before one is freed.
class Turn {
 public:
  explicit Turn(Base& base) : base_((base.live.load(), base)), hold_(base_.guarded_->busy) {}
  ~Turn() { base_.ended.fetch_add(1); }

 private:
  Base& base_;
  std::lock_guard<std::mutex> hold_;
};

int32_t border(sc_ctx* ctx, const char* name, View<void()> body) noexcept {
  if (!ctx) return kNoContext;
  Base& base = base_of(ctx);
  const auto fail = [&](const char* what) { base.fail(format("%s: %s", name, what).line); };
  try {
    Turn turn(base);
    body();
    return 0;
  } catch (const std::bad_alloc&) {
    fail("out of memory");
    return kMemory;
  } catch (const Failure& e) {
    fail(e.what());
    return e.status;
  } catch (const std::exception& e) {
    fail(e.what());
    return kDevice;
  } catch (...) {
    fail("unknown failure");
    return kDevice;
  }
}

namespace {

std::string shape_text(const int64_t* shape, int32_t rank) {
  std::string s = "[";
  for (int32_t a = 0; a < rank; a++) s += (a ? ", " : "") + std::to_string(shape[a]);
  return s + "]";
}

}  // namespace

void need_tensor(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, int32_t rank) {
  if (!t) throw Failure(format("%s is null", name));
  if (t->ctx != ctx) throw Failure(format("%s belongs to another context", name));
  if (t->dtype != dtype) throw Failure(format("%s must be %s", name, dtype == kFloat ? "float32" : "int32"));
  if (rank >= 0 && t->rank != rank) {
    throw Failure(format("%s must have %d axes, has shape %s", name, rank, shape_text(t->shape, t->rank).c_str()));
  }
}

void need_sizes(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, const int64_t* sizes, int32_t rank) {
  need_tensor(ctx, t, name, dtype, rank);
  for (int32_t a = 0; a < rank; a++) {
    if (t->shape[a] == sizes[a]) continue;
    throw Failure(format("%s must have shape %s, has %s", name, shape_text(sizes, rank).c_str(),
                         shape_text(t->shape, rank).c_str()));
  }
}

void need_same_shape(sc_ctx* ctx, const sc_tensor* t, const char* name, const sc_tensor* like) {
  need_sizes(ctx, t, name, like->dtype, like->shape, like->rank);
}

void need_apart(const sc_tensor* out, const char* name, const sc_tensor* in) {
  if (out == in) throw Failure(format("%s is also an input", name));
}

void reshape(sc_ctx* ctx, sc_tensor* t, int32_t rank, const int32_t* shape) {
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

}  // namespace sc
