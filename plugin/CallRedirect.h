// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Points what the program calls at the dispatchers, before code is generated for it. Only the
// referenced declaration changes: overload resolution, types and mangled names are those of a build
// without the plugin.

#ifndef TL_PLUGIN_CALLREDIRECT_H
#define TL_PLUGIN_CALLREDIRECT_H

#include "plugin/Session.h"

namespace tlplugin {

/// Redirects every reference inside D to a factory's specialisation whose tunables were not written
/// out.
void redirectDeclaration(Session &T, clang::Decl *D);

/// Implicit constructors are not announced before code is generated for them.
void finishRecords(Session &T);

void redirectExpression(Session &T, clang::Expr *E);

} // namespace tlplugin

#endif
