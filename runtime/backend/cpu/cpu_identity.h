// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which processor this is, as far as it decides how fast code runs.

#ifndef TL_RUNTIME_BACKEND_CPU_CPU_IDENTITY_H
#define TL_RUNTIME_BACKEND_CPU_CPU_IDENTITY_H

#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

/// Architecture, model, cores and threads that this process may use, caches, instruction set
/// extensions; always the same keys in the same order, "" where the system does not tell. Frequency
/// and governor are left out: they change from minute to minute. `proc` and `sys` are "/proc" and
/// "/sys" but in tests.
std::vector<std::pair<std::string, std::string>> cpu_identity(const std::string &proc = "/proc",
                                                              const std::string &sys = "/sys");

} // namespace tl::rt

#endif
