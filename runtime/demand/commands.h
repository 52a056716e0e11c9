// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiler and linker are run with. A file without device code is compiled by the front end
// itself, as it was for the program; one with device code by the driver, which runs a front end for
// each kind of device.

#ifndef TL_RUNTIME_DEMAND_COMMANDS_H
#define TL_RUNTIME_DEMAND_COMMANDS_H

#include "runtime/demand/record.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::demand {

/// Whether directives can be precompiled for it: the driver takes no precompiled header for several
/// front ends.
bool may_precompile(const compile_record &record);

/// Precompiles `header` to `out`.
std::vector<std::string> preamble_command(const compile_record &record, const std::string &header,
                                          const std::string &out);

/// Compiles combinations of a factory to `base`.o, and what became of each to `base`.report.
/// `precompiled`: such a file, "" for none.
std::vector<std::string> compile_command(const compile_record &record, std::string_view factory,
                                         std::span<const std::uint64_t> combinations,
                                         const std::string &base, const std::string &precompiled);

/// Links `base`.o to `base`.part. `image`: the shared library that calls the factory, "" for none.
/// `cudart`: folder of a shared CUDA runtime, "" where the program has one that it shares.
std::vector<std::string> link_command(const compile_record &record, const std::string &image,
                                      const std::string &base, const std::string &cudart);

/// The folder of the toolkit's shared CUDA runtime, "" where there is none.
std::string find_cudart(const compile_record &record);

} // namespace tl::rt::demand

#endif
