// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tells the program's variables from the runtime's where they are in one image and nothing has a
// name: a stripped program with the static runtime.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_OWN_VARIABLES_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_OWN_VARIABLES_H

#include "runtime/backend/cpu/memory/memory_extent.h"

#include <cstdint>

namespace tl::rt {

/// The first of the runtime's variables with initial values, and the first of those that begin as
/// zeros. Linkers keep the order of their input, and the static runtime is a single object: what
/// lies before these in their sections is of objects that were linked before the runtime, and so
/// not the runtime's or that of libraries which it needs.
extern char first_data_of_runtime, first_zeros_of_runtime;

/// Whether the variable at `address` may be the runtime's, or that of a library which was linked
/// after it. `image`: of whatever holds the address.
bool may_be_own_variable(std::uintptr_t address, std::uintptr_t image);

/// What of `mapping` around `address`, where a variable of an image without symbols is, can be the
/// program's: not the runtime's variables, if the address is not among them.
memory_extent without_own_variables(const memory_extent &mapping, std::uintptr_t address,
                                    std::uintptr_t image);

} // namespace tl::rt

#endif
