// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/sanitizer.h"

#include <atomic>
#include <cstdint>
#include <dlfcn.h>

namespace tl::rt {

static bool defines(const char *symbol) noexcept {
  return ::dlsym(RTLD_DEFAULT, symbol) != nullptr;
}

/// Asked in the program once, before any worker is forked (see look_for_sanitizers): the loader,
/// which answers, may be locked in one.
static constinit std::atomic<int> found{-1};
static constexpr int address_sanitizer = 1, thread_sanitizer = 2;

int look_for_sanitizers() noexcept {
  int known = found.load(std::memory_order_relaxed);
  if (known < 0) {
    known = (defines("__asan_init") ? address_sanitizer : 0) |
            (defines("__tsan_init") ? thread_sanitizer : 0);
    found.store(known, std::memory_order_relaxed);
  }
  return known;
}

bool under_address_sanitizer() noexcept { return (look_for_sanitizers() & address_sanitizer) != 0; }

bool under_thread_sanitizer() noexcept { return (look_for_sanitizers() & thread_sanitizer) != 0; }

bool under_sanitizer() noexcept { return under_address_sanitizer() || under_thread_sanitizer(); }

// ThreadSanitizer tells of its heap only; its __tsan_locate_address is not exported from a program.
static sanitizer_object find_allocated_block(const void *address) noexcept {
  const auto get_begin = reinterpret_cast<const void *(*)(const void *)>(
      ::dlsym(RTLD_DEFAULT, "__sanitizer_get_allocated_begin"));
  const auto get_size = reinterpret_cast<std::size_t (*)(const void *)>(
      ::dlsym(RTLD_DEFAULT, "__sanitizer_get_allocated_size"));
  const void *begin = get_begin && get_size ? get_begin(address) : nullptr;
  return begin ? sanitizer_object{'h', begin, get_size(begin)} : sanitizer_object{};
}

sanitizer_object find_sanitizer_object(const void *address) noexcept {
  if (under_thread_sanitizer())
    return find_allocated_block(address);
  if (!under_address_sanitizer())
    return {};
  const auto locate =
      reinterpret_cast<const char *(*)(void *, char *, std::size_t, void **, std::size_t *)>(
          ::dlsym(RTLD_DEFAULT, "__asan_locate_address"));
  if (!locate)
    return {};
  char name[8];
  void *begin = nullptr;
  std::size_t bytes = 0;
  const char *kind = locate(const_cast<void *>(address), name, sizeof name, &begin, &bytes);
  if (!kind || !begin || (kind[0] != 'h' && kind[0] != 's' && kind[0] != 'g'))
    return {};
  const auto at = reinterpret_cast<std::uintptr_t>(address),
             first = reinterpret_cast<std::uintptr_t>(begin);
  return at >= first && at < first + bytes ? sanitizer_object{kind[0], begin, bytes}
                                           : sanitizer_object{};
}

} // namespace tl::rt
