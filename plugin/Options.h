// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of [[tl::autotune(...)]]: which keywords were given, and where the attribute may
// stand.

#ifndef TL_PLUGIN_OPTIONS_H
#define TL_PLUGIN_OPTIONS_H

#include "plugin/Session.h"

namespace tlplugin {

/// Takes the attribute apart and checks everything that does not depend on template arguments.
/// False after an error was reported; such a factory is an ordinary template from then on.
bool checkFactory(Session &T, Factory &F);

/// Reports attributes that come too late or twice, and checks factories that nobody calls.
void checkDeclarations(Session &T, clang::Decl *D);

/// The option with that keyword, null when it was not given.
const Option *findOption(const Factory &F, llvm::StringRef Keyword);

/// Replaces F's template parameters in one of its option expressions by the arguments of Spec.
clang::ExprResult substitute(Session &T, const Factory &F, clang::FunctionDecl *Spec,
                             clang::Expr *E);

} // namespace tlplugin

#endif
