// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spaces whose configs can be read from the value of a constant: arrays, and a tl::space without
// predicates. That is most of them, and asking the library's templates instead would be the largest
// part of what a small factory costs.

#ifndef TL_PLUGIN_CONSTANTSPACE_H
#define TL_PLUGIN_CONSTANTSPACE_H

#include "plugin/Session.h"

namespace tlplugin {

/// Reads them. False, and nothing reported, where Configs is anything else.
bool readConstantSpace(Session &T, const clang::Expr *Configs, Space &Out);

} // namespace tlplugin

#endif
