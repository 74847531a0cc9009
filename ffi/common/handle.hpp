// What both libraries share: the tensor's header, failures as exceptions that stop at the border, argument checks.
//
// Every operation's file includes this one, and the CPU library is compiled when it is first needed, so headers that
// are slow to read (string, functional, mutex) stay in handle.cpp and what need not be inlined is defined there.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>
#include <exception>
#include <new>

#include "../include/sc.h"

namespace sc {

enum : int32_t { kFloat = 0, kInt = 1 };
constexpr int32_t kMaxRank = 10;
// Statuses, as sc.h lists them.
enum : int32_t { kArgument = 1, kNoContext = 2, kMemory = 3, kDevice = 4 };

// A formatted line, cut where it is longer.
struct Text {
  char line[512];
};
__attribute__((format(printf, 1, 2))) Text format(const char* pattern, ...) noexcept;

struct Failure : std::exception {
  Text text;
  int32_t status;
  explicit Failure(const Text& t, int32_t s = kArgument) noexcept : text(t), status(s) {}
  explicit Failure(const char* t, int32_t s = kArgument) noexcept : text(format("%s", t)), status(s) {}
  const char* what() const noexcept override { return text.line; }
};

// Copies text for C callers; returns the length without the final NUL.
int32_t put_text(const char* text, char* out, int32_t size) noexcept;

// A callable that somebody else keeps: a function's parameter, never stored beyond the call.
template <class Signature>
class View;
template <class R, class... A>
class View<R(A...)> {
 public:
  template <class F>
  View(const F& f) : self_(&f), call_([](const void* self, A... a) -> R { return (*static_cast<const F*>(self))(a...); }) {}
  R operator()(A... a) const { return call_(self_, a...); }

 private:
  const void* self_;
  R (*call_)(const void*, A...);
};

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
class Base {
 public:
  std::atomic<int64_t> live{0}, used{0}, peak{0}, holders{1}, ended{0};
  int64_t limit = 0;
  int32_t flags = 0;

  Base();
  ~Base();
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;
  // The last failure, written on one thread and read on another.
  void fail(const char* what) noexcept;
  int32_t failure(char* out, int32_t size) noexcept;
  // Counts memory. @throws Failure over the limit
  void take(int64_t bytes, const char* what);
  void give(int64_t bytes) noexcept { used.fetch_sub(bytes); }

 private:
  friend class Turn;
  struct Guarded;
  Guarded* guarded_;
};

Base& base_of(sc_ctx* ctx);

// Runs the body of an exported function, one at a time in a context: no exception passes, the text stays in the context.
int32_t border(sc_ctx* ctx, const char* name, View<void()> body) noexcept;

// --- argument checks ---

inline void need(bool holds, const char* what) {
  if (!holds) throw Failure(what);
}

// A tensor of this context with the given type and rank (-1: any rank).
void need_tensor(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, int32_t rank);
void need_sizes(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, const int64_t* sizes, int32_t rank);
void need_same_shape(sc_ctx* ctx, const sc_tensor* t, const char* name, const sc_tensor* like);
void need_apart(const sc_tensor* out, const char* name, const sc_tensor* in);
// The body of sc_tensor_reshape.
void reshape(sc_ctx* ctx, sc_tensor* t, int32_t rank, const int32_t* shape);

template <class... N>
void need_shape(sc_ctx* ctx, const sc_tensor* t, const char* name, int32_t dtype, N... sizes) {
  const int64_t want[] = {static_cast<int64_t>(sizes)...};
  need_sizes(ctx, t, name, dtype, want, sizeof...(sizes));
}

}  // namespace sc
