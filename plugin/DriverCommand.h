// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command that a person or a build system gave. The pass that compiles for the host is not told
// for which devices, and how, the others compile.

#ifndef TL_PLUGIN_DRIVERCOMMAND_H
#define TL_PLUGIN_DRIVERCOMMAND_H

#include <string>
#include <vector>

namespace tlplugin {

/// All of its arguments, its name first; none where it is not known.
std::vector<std::string> driverArguments();

/// Its arguments that decide what code is made of a source, as they were written: without sources,
/// what is written where, what is linked and what is said. None where the command is not known.
std::vector<std::string> codeArguments();

/// Its arguments that only the device's passes and tools see, architectures in order.
std::vector<std::string> deviceArguments();

} // namespace tlplugin

#endif
