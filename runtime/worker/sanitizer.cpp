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

sanitizer_object find_sanitizer_object(const void *address) noexcept {
  if (!under_sanitizer())
    return {};
  const char *const function =
      under_thread_sanitizer() ? "__tsan_locate_address" : "__asan_locate_address";
  const auto locate =
      reinterpret_cast<const char *(*)(void *, char *, std::size_t, void **, std::size_t *)>(
          ::dlsym(RTLD_DEFAULT, function));
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
