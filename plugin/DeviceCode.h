// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clang's code for NVIDIA devices loses to nvcc's in a few known ways. What the plugin does about
// them while it compiles for such a device, see docs/cuda-performance.md.

#ifndef TL_PLUGIN_DEVICECODE_H
#define TL_PLUGIN_DEVICECODE_H

#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
}

namespace tlplugin {

struct Arguments;

/// Whether the pass compiles CUDA code for a device, or the host code that goes with it.
bool isCuda(const clang::CompilerInstance &CI);

/// Lines for Arguments::Flags that say what improveDeviceCode() does: the same in host and device
/// pass.
std::vector<std::string> describeDeviceCode(const clang::CompilerInstance &CI,
                                            const Arguments &Args);

/// Sets Clang's optimiser up, in a device pass of CUDA. Called once, before code is generated.
void improveDeviceCode(clang::CompilerInstance &CI, const Arguments &Args);

} // namespace tlplugin

#endif
