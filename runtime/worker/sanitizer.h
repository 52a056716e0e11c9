// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which sanitizers the program runs under: asked of the process, not of this library's own flags,
// since the two may differ.

#ifndef TL_RUNTIME_WORKER_SANITIZER_H
#define TL_RUNTIME_WORKER_SANITIZER_H

#include <cstddef>

namespace tl::rt {

bool under_address_sanitizer() noexcept;
bool under_thread_sanitizer() noexcept;

/// Begin and size of the heap block around `address` as AddressSanitizer knows it; false: it does
/// not know one, or does not run.
bool sanitizer_heap_block(const void *address, const void *&begin, std::size_t &bytes) noexcept;

} // namespace tl::rt

#endif
