// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/sanitizer.h"

#include <dlfcn.h>

namespace tl::rt {

static bool defines(const char *symbol) noexcept {
  return ::dlsym(RTLD_DEFAULT, symbol) != nullptr;
}

bool under_address_sanitizer() noexcept {
  static const bool found = defines("__asan_init");
  return found;
}

bool under_thread_sanitizer() noexcept {
  static const bool found = defines("__tsan_init");
  return found;
}

bool sanitizer_heap_block(const void *address, const void *&begin, std::size_t &bytes) noexcept {
  if (!under_address_sanitizer())
    return false;
  const auto locate =
      reinterpret_cast<const char *(*)(void *, char *, std::size_t, void **, std::size_t *)>(
          ::dlsym(RTLD_DEFAULT, "__asan_locate_address"));
  if (!locate)
    return false;
  char name[8];
  void *block = nullptr;
  std::size_t size = 0;
  const char *kind = locate(const_cast<void *>(address), name, sizeof name, &block, &size);
  if (!kind || kind[0] != 'h' || !block) // "heap"
    return false;
  begin = block;
  bytes = size;
  return true;
}

} // namespace tl::rt
