// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/sanitizer.h"

#include <cstdint>
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
