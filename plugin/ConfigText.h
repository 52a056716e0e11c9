// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A config as text, the form in which it is stored, forced and shown.

#ifndef TL_PLUGIN_CONFIGTEXT_H
#define TL_PLUGIN_CONFIGTEXT_H

#include "plugin/Session.h"

namespace tlplugin {

/// "block_m=64,block_n=128": the fields in declaration order.
std::string printConfig(Session &T, const Factory &F, const Space &Configs,
                        llvm::ArrayRef<clang::TemplateArgument> Tunables);

} // namespace tlplugin

#endif
