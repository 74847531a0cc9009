// The coroutines behind cuda_runtime.h.
#include "cuda_runtime.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include <cstdlib>
#include <mutex>
#include <vector>

#if !defined(__x86_64__)
#error "the switch between coroutines is written for x86-64"
#endif

// Saves what a call must keep on the stack, and goes on where the other stack stopped.
asm(R"(
.text
.type emulated_switch, @function
emulated_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
extern "C" void emulated_switch(void** save, void* go_on);

namespace emulated {

dim3 thread_index, block_index, block_size, grid_size;
std::string failure;

namespace {

constexpr size_t kStack = 256 * 1024, kGuard = 256, kSlot = 128;
enum class At { kRunning, kBarrier, kWarp, kEnd };

struct Thread {
  void* stack_pointer = nullptr;
  At at = At::kRunning;
  unsigned exchanges = 0;
  alignas(16) unsigned char slot[2][kSlot];  // of this exchange and the one before: a lane may be one ahead of another
};

std::vector<char*> stacks;  // kept between launches
std::vector<Thread> threads;
void* scheduler = nullptr;
unsigned running = 0;
const std::function<void()>* kernel_body = nullptr;
std::vector<unsigned char> shared_block;
std::vector<void*> made_fresh;  // in this block
size_t allowed_shared = 48 * 1024;
std::mutex one_launch;

void leave(At at) {
  threads[running].at = at;
  emulated_switch(&threads[running].stack_pointer, scheduler);
}

void begin() {
  (*kernel_body)();
  leave(At::kEnd);
  std::abort();
}

void prepare(unsigned t) {
  while (stacks.size() <= t) stacks.push_back(static_cast<char*>(std::malloc(kStack)));
#if defined(__SANITIZE_ADDRESS__)
  // The last coroutine's frames were left, not returned from.
  __asan_unpoison_memory_region(stacks[t], kStack);
#endif
  // As if emulated_switch had been called from nowhere: six registers and where to return to. At the entry of a function
  // the stack pointer is 8 beyond a multiple of 16.
  void** top = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(stacks[t]) + kStack - 64) & ~uintptr_t{15});
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(begin);
  for (int i = 0; i < 6; i++) *--top = nullptr;
  threads[t].stack_pointer = top;
  threads[t].at = At::kRunning;
  threads[t].exchanges = 0;
}

std::string place(const char* what) {
  return std::string(what) + " in block (" + std::to_string(block_index.x) + ", " + std::to_string(block_index.y) +
         ", " + std::to_string(block_index.z) + ")";
}

bool run_block() {
  const unsigned n = block_size.x * block_size.y * block_size.z;
  for (unsigned t = 0; t < n; t++) prepare(t);
  for (unsigned round = 0;; round++) {
    bool ran = false;
    for (unsigned i = 0; i < n; i++) {
      const unsigned t = round % 2 ? n - 1 - i : i;
      if (threads[t].at != At::kRunning) continue;
      running = t;
      thread_index = dim3(t % block_size.x, t / block_size.x % block_size.y, t / block_size.x / block_size.y);
      emulated_switch(&scheduler, threads[t].stack_pointer);
      ran = true;
    }
    bool released = false;
    unsigned ended = 0, at_barrier = 0;
    for (unsigned w = 0; w < n; w += 32) {
      unsigned waiting = 0, gone = 0, size = n - w < 32 ? n - w : 32;
      for (unsigned t = w; t < w + size; t++) waiting += threads[t].at == At::kWarp, gone += threads[t].at == At::kEnd;
      if (waiting && waiting + gone == size) {
        if (gone) return failure = place("an exchange with lanes that have left"), false;
        for (unsigned t = w; t < w + size; t++) threads[t].at = At::kRunning;
        released = true;
      }
    }
    for (unsigned t = 0; t < n; t++) ended += threads[t].at == At::kEnd, at_barrier += threads[t].at == At::kBarrier;
    if (ended == n) return true;
    if (at_barrier && at_barrier + ended == n) {
      if (ended) return failure = place("a barrier that some threads have left"), false;
      for (unsigned t = 0; t < n; t++) threads[t].at = At::kRunning;
      released = true;
    }
    if (!released && !ran) return failure = place("threads that wait for each other"), false;
  }
}

}  // namespace

void barrier() { leave(At::kBarrier); }

void exchange(const void* mine, size_t size) {
  Thread& own = threads[running];
  if (size > kSlot) std::abort();
  own.exchanges++;
  std::memcpy(own.slot[own.exchanges % 2], mine, size);
  leave(At::kWarp);
}

unsigned lane() { return running % 32; }

const void* peer(unsigned lane) {
  return threads[running / 32 * 32 + lane].slot[threads[running].exchanges % 2];
}

void fresh(void* at, size_t bytes) {
  for (void* known : made_fresh) {
    if (known == at) return;
  }
  made_fresh.push_back(at);
  std::memset(at, 0xFF, bytes);
}

void* dynamic_shared() { return shared_block.data() + kGuard; }

void launch(dim3 grid, dim3 block, size_t shared, const std::function<void()>& kernel) {
  std::lock_guard<std::mutex> hold(one_launch);
  const unsigned n = block.x * block.y * block.z;
  if (!failure.empty()) return;
  if (n == 0 || n > 1024 || !grid.x || !grid.y || !grid.z || grid.y > 65535 || grid.z > 65535 || grid.x > 2147483647u) {
    failure = "an invalid configuration";
  } else if (shared > allowed_shared) {
    failure = "more shared memory than was asked for";
  } else if (n % 32) {
    failure = "a block that is no whole number of warps";  // a GPU allows it; these kernels do not do it
  }
  if (!failure.empty()) return;
  grid_size = grid, block_size = block;
  if (threads.size() < n) threads.resize(n);
  kernel_body = &kernel;
  shared_block.assign(shared + 2 * kGuard, 0xA5);
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        block_index = dim3(x, y, z);
        std::memset(shared_block.data() + kGuard, 0xFF, shared);
        made_fresh.clear();
        if (!run_block()) return;
        for (size_t i = 0; i < kGuard; i++) {
          if (shared_block[i] == 0xA5 && shared_block[shared + kGuard + i] == 0xA5) continue;
          failure = place("a write outside the shared memory");
          return;
        }
      }
    }
  }
}

}  // namespace emulated

cudaError_t cudaMalloc(void** at, size_t bytes) {
  *at = std::malloc(bytes ? bytes : 1);
  if (!*at) return cudaErrorMemoryAllocation;
  std::memset(*at, 0xFF, bytes);
  return cudaSuccess;
}
cudaError_t cudaFree(void* at) {
  std::free(at);
  return cudaSuccess;
}
static std::string last_text;
cudaError_t cudaGetLastError() {
  if (emulated::failure.empty()) return cudaSuccess;
  last_text = emulated::failure;
  emulated::failure.clear();
  return cudaErrorLaunchFailure;
}
const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaErrorLaunchFailure ? last_text.c_str() : "an emulated failure";
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* device, int) {
  std::strcpy(device->name, "CUDA kernels on the processor");
  device->major = 8, device->minor = 0;
  return cudaSuccess;
}
cudaError_t emulated_allow_shared(size_t bytes) {
  // 163 KB is what sm_80 gives a block.
  if (bytes > 163 * 1024) {
    emulated::failure = "more shared memory than sm_80 has";
    return cudaErrorLaunchFailure;
  }
  if (bytes > emulated::allowed_shared) emulated::allowed_shared = bytes;
  return cudaSuccess;
}
