// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a variant said about its own feasibility (tl_rt_infeasible), for whoever ran it.

#ifndef TL_RUNTIME_SUPPORT_INFEASIBLE_H
#define TL_RUNTIME_SUPPORT_INFEASIBLE_H

#include <optional>
#include <string>

namespace tl::rt {

/// Remembers the first reason given on this thread since the last take_infeasible().
void note_infeasible(const char *reason) noexcept;

/// The reason given on this thread, which is then forgotten. To be asked after every run of a
/// variant, however that ended, and before the first one.
std::optional<std::string> take_infeasible();

} // namespace tl::rt

#endif
