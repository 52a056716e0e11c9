// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a call to a problem: what arguments, and variables outside of them, hold and lead to.

#ifndef TL_RUNTIME_BACKEND_GPU_TAKE_APART_H
#define TL_RUNTIME_BACKEND_GPU_TAKE_APART_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/problem.h"

#include <cstdint>
#include <string>

namespace tl::rt::gpu {

/// Takes the arguments of a call apart, and the state that the factory reaches. Not ok: nothing can
/// be tried on copies, and the text says why.
status take_apart(device &on, const tuning_task &task, problem &to);

/// The number by which pieces name a variable.
inline std::uint32_t number_of_variable(const tl_factory &factory, std::uint32_t variable) {
  return factory.parameter_count + 1 + variable;
}

/// Name for people: of a parameter ("c", or "argument 3"), of the result, or of a variable.
std::string parameter_name(const tl_factory &factory, std::uint32_t index);

/// Where one of the host's variables is in this process, as the calling thread sees it.
std::byte *address_of_variable(const tl_variable &variable);

} // namespace tl::rt::gpu

#endif
