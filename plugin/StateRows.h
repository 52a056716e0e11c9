// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime is told of the variables that a factory reaches, and of the pointers inside of
// objects: a table of tl_variable and tables of tl_pointer.

#ifndef TL_PLUGIN_STATEROWS_H
#define TL_PLUGIN_STATEROWS_H

#include "plugin/CodeBuilder.h"
#include "plugin/ReachedState.h"

namespace tlplugin {

/// The table in the function that B builds, of `Count` rows; null for none.
clang::Expr *buildStateTable(Session &T, const Dispatcher &D, CodeBuilder &B,
                             llvm::ArrayRef<ReachedVariable> State, unsigned &Count);

/// The pointers inside of an object of class type: a table named `Name`, null where there are none
/// or too many. `Count` is their number.
clang::Expr *buildPointerTable(Session &T, CodeBuilder &B, llvm::StringRef Name,
                               clang::QualType Type, unsigned &Count);

/// TL_ELEMENT_* of a type; of an array, and of a class that is made of one type throughout, that of
/// its parts.
unsigned elementOf(clang::ASTContext &C, clang::QualType Type);

} // namespace tlplugin

#endif
