// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_PLUGIN_FLAGS_H
#define TL_PLUGIN_FLAGS_H

#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
}

namespace tlplugin {

/// The compiler's settings that change the code of a variant, one per line of text. The device
/// passes of CUDA and HIP report what the host pass reports.
std::vector<std::string> collectFlags(const clang::CompilerInstance &CI);

} // namespace tlplugin

#endif
