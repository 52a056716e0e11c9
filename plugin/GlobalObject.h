// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects of the library's classes that a compiled file has for the runtime's sake.

#ifndef TL_PLUGIN_GLOBALOBJECT_H
#define TL_PLUGIN_GLOBALOBJECT_H

#include "plugin/Session.h"

namespace tlplugin {

/// `static_cast<const void *>(&Of)`; null after an error was reported.
clang::Expr *buildUntypedAddress(Session &T, clang::ValueDecl *Of, clang::SourceLocation Loc);

/// `inline tl::detail::Class Name{Arguments};`, the same in all files of a program; `static` and
/// not `inline` where it is not `Shared`. `Loc`: what asks for it.
void defineGlobalObject(Session &T, llvm::StringRef Class, llvm::StringRef Name, bool Shared,
                        llvm::MutableArrayRef<clang::Expr *> Arguments, clang::SourceLocation Loc);

} // namespace tlplugin

#endif
