// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_PLUGIN_FLAGS_H
#define TL_PLUGIN_FLAGS_H

#include "plugin/Session.h"
#include <string>
#include <vector>

namespace tlplugin {

/// The compiler's flags, one per line of text: all of them, but for those that are known to change
/// no code. What macros and include paths change is seen in the code.
std::vector<std::string> collectFlags(const Arguments &Args);

} // namespace tlplugin

#endif
