// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which sanitizers the program runs under: asked of the process, not of this library's own flags,
// since the two may differ.

#ifndef TL_RUNTIME_SUPPORT_SANITIZER_H
#define TL_RUNTIME_SUPPORT_SANITIZER_H

#include <cstddef>

namespace tl::rt {

/// Looks now, so that the functions below need not ask the loader. Called before a fork.
int look_for_sanitizers() noexcept;

bool under_address_sanitizer() noexcept;
bool under_thread_sanitizer() noexcept;
/// Either of the two.
bool under_sanitizer() noexcept;

/// The object around an address as a sanitizer knows it.
struct sanitizer_object {
  char kind = 0; ///< 'h' heap, 's' stack, 'g' global, 0: it does not know one, or does not run
  const void *begin = nullptr;
  std::size_t bytes = 0;
};
sanitizer_object find_sanitizer_object(const void *address) noexcept;

} // namespace tl::rt

#endif
