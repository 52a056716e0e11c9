// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a factory's parameters mean for the problem: which are the two ends of a range, and which
// objects are only read.

#ifndef TL_PLUGIN_PARAMETERUSE_H
#define TL_PLUGIN_PARAMETERUSE_H

#include "plugin/Session.h"

namespace tlplugin {

/// Whether the parameters First and Last, which have the same type, are named like the two ends of
/// one range: begin and end, first and last, rows_begin and rows_end, x and x_end.
bool isRange(const clang::ParmVarDecl *First, const clang::ParmVarDecl *Last);

/// Whether the integers in an argument for this parameter say which problem it is. Not those of an
/// object that the factory may write: they are results. What is taken by reference to non-const
/// counts where the factory's body only reads it, or where it leads to data.
bool describesProblem(const Dispatcher &D, const clang::ParmVarDecl *P, bool LeadsToData);

} // namespace tlplugin

#endif
