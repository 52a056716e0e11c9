// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a library of variants would bring into the program, read from its file before it is loaded:
// variables of its own are copies of those that the program has, and nothing of it may run at once.

#ifndef TL_RUNTIME_DEMAND_IMAGE_H
#define TL_RUNTIME_DEMAND_IMAGE_H

#include <functional>
#include <string>
#include <string_view>

namespace tl::rt::demand {

/// Why the library must not be opened, "" when it may. `provided`: whether the program has what
/// has this name, so that the library uses that (or it is the variant's own affair); `exports`:
/// whether it would have it, if it were there at all. `device_code`: it may have such of CUDA,
/// which Clang registers when a library is loaded.
std::string why_not_to_open(std::string_view file,
                            const std::function<bool(const char *name)> &provided, bool exports,
                            bool device_code = false);

/// Whether a symbol is a static variable of a function with the name of the one with this mangled
/// name, a template: each of its instances has its own, wherever it is.
bool is_static_local_of(std::string_view symbol, std::string_view mangled);

} // namespace tl::rt::demand

#endif
