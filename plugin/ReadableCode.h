// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints generated functions as a person would have written them: rows of tables by the names of
// their fields, and numbers by the names of what they stand for.

#ifndef TL_PLUGIN_READABLECODE_H
#define TL_PLUGIN_READABLECODE_H

#include "clang/AST/Decl.h"
#include "llvm/Support/raw_ostream.h"

namespace tlplugin {

/// Fields that are zero are left out.
void printReadably(llvm::raw_ostream &OS, const clang::FunctionDecl &Function);

} // namespace tlplugin

#endif
