// Preloaded into element-play: counts what the process allocates, copies and reads.
//
// Not seen are copies that the compiler has put in line, those of the C library itself (as within
// realloc), and what the kernel copies; for the last there are the bytes read.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "count.h"

#include <cerrno>
#include <cstddef>
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>

using p2plive::bench::Counts;
using std::size_t;

extern "C" __attribute__((visibility("default"))) Counts p2plive_bench_counts;
Counts p2plive_bench_counts{};

// The C library's own, which need no dlsym: that allocates.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

/// What is smaller are fields and headers, not media.
constexpr size_t smallest_copy = 1024;

void add(std::uint64_t& to, std::uint64_t more) {
  __atomic_fetch_add(&to, more, __ATOMIC_RELAXED);
}

void allocated(size_t bytes) {
  add(p2plive_bench_counts.allocations, 1);
  add(p2plive_bench_counts.allocated_bytes, bytes);
}

using Copy = void* (*)(void*, const void*, size_t);
Copy real_memcpy, real_memmove;
ssize_t (*real_read)(int, void*, size_t);
ssize_t (*real_recv)(int, void*, size_t, int);
ssize_t (*real_recvfrom)(int, void*, size_t, int, sockaddr*, socklen_t*);
ssize_t (*real_recvmsg)(int, msghdr*, int);

template <typename Function>
void find(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

__attribute__((constructor)) void find_real() {
  find(real_memcpy, "memcpy");
  find(real_memmove, "memmove");
  find(real_read, "read");
  find(real_recv, "recv");
  find(real_recvfrom, "recvfrom");
  find(real_recvmsg, "recvmsg");
}

/// `real` is not known while the first libraries start: those copies are small, and not counted.
void* copy(Copy real, void* to, const void* from, size_t size) {
  if (real) {
    if (size >= smallest_copy) {
      add(p2plive_bench_counts.copies, 1);
      add(p2plive_bench_counts.copied_bytes, size);
    }
    return real(to, from, size);
  }
  // Volatile, or the compiler makes a call of memmove of it.
  auto* out = static_cast<volatile unsigned char*>(to);
  auto* in = static_cast<const volatile unsigned char*>(from);
  if (out <= in)
    for (size_t at = 0; at < size; ++at)
      out[at] = in[at];
  else
    while (size-- > 0)
      out[size] = in[size];
  return to;
}

ssize_t was_read(ssize_t size) {
  add(p2plive_bench_counts.reads, 1);
  if (size > 0)
    add(p2plive_bench_counts.read_bytes, static_cast<std::uint64_t>(size));
  return size;
}

} // namespace

#pragma GCC visibility push(default)
extern "C" {

void* malloc(size_t size) noexcept {
  allocated(size);
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) noexcept {
  allocated(count * size);
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) noexcept {
  allocated(size);
  return __libc_realloc(memory, size);
}

void* memalign(size_t alignment, size_t size) noexcept {
  allocated(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  auto* found = memalign(alignment, size);
  if (!found)
    return ENOMEM;
  *memory = found;
  return 0;
}

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept {
  return copy(real_memcpy, to, from, size);
}

void* memmove(void* to, const void* from, size_t size) noexcept {
  return copy(real_memmove, to, from, size);
}

// What code that was compiled with _FORTIFY_SOURCE calls.
void* __memcpy_chk(void* to, const void* from, size_t size, size_t) noexcept {
  return copy(real_memcpy, to, from, size);
}

void* __memmove_chk(void* to, const void* from, size_t size, size_t) noexcept {
  return copy(real_memmove, to, from, size);
}

ssize_t read(int file, void* to, size_t size) {
  if (!real_read)
    find_real();
  return was_read(real_read(file, to, size));
}

ssize_t recv(int socket, void* to, size_t size, int flags) {
  return was_read(real_recv(socket, to, size, flags));
}

ssize_t recvfrom(int socket, void* __restrict to, size_t size, int flags, sockaddr* __restrict from,
                 socklen_t* __restrict from_size) {
  return was_read(real_recvfrom(socket, to, size, flags, from, from_size));
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  return was_read(real_recvmsg(socket, message, flags));
}

} // extern "C"
#pragma GCC visibility pop
