// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiling a file takes, as a program keeps it to have more of its variants compiled.

#ifndef TL_PLUGIN_COMPILERECORD_H
#define TL_PLUGIN_COMPILERECORD_H

#include "plugin/Session.h"

namespace tlplugin {

/// tl_on_demand::record.
std::string recordCompilation(Session &T);

/// tl_on_demand::made_by: the compiler's version and the plugin's content.
std::string identityOfCompiler(Session &T);

} // namespace tlplugin

#endif
