// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a variant needs of a device, from the JSON that the runtime recorded with its trial.

#ifndef TL_TOOL_RESOURCES_H
#define TL_TOOL_RESOURCES_H

#include <string>
#include <utility>
#include <vector>

namespace tl::tool {

/// The numbers, of the worst kernel where a variant launches several: registers, local_bytes
/// (spills), shared_bytes, occupancy. Empty on the CPU.
std::vector<std::pair<std::string, double>> resource_values(const std::string &json_text);

/// "18 registers, 4096 B shared, occupancy 75 %, 2 kernels"; "" when nothing is known.
std::string resource_summary(const std::string &json_text);

} // namespace tl::tool

#endif
