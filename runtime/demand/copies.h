// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The variants of a library that was opened, and the libraries themselves for workers that are no
// forks: such a worker has to open what the program has opened, in the same order, so that a
// variant has one number in both.

#ifndef TL_RUNTIME_DEMAND_COPIES_H
#define TL_RUNTIME_DEMAND_COPIES_H

#include "runtime/support/status.h"

#include <tl/abi.h>

#include <cstdint>
#include <string_view>

namespace tl::rt::demand {

/// Gives the factory the variants of a library, if it is of this very code. `copy`: its bytes,
/// which workers are to have; empty where they are forks. Thread-safe.
status take_variants(const tl_factory &factory, void *opened, std::string_view copy);

/// A memory file with the copies of a factory's libraries, which grows as they do; it stays open.
/// -1 with errno where there can be none. Thread-safe.
int copies_for_workers(const tl_factory &factory);

/// In a worker: opens what is in such a file from `at` on, which is moved to its end.
status open_copies(const tl_factory &factory, int file, std::uint64_t &at);

} // namespace tl::rt::demand

#endif
