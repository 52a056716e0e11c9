// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the values of options may be: constants in their ranges, functions that can be called.

#ifndef TL_PLUGIN_OPTIONVALUES_H
#define TL_PLUGIN_OPTIONVALUES_H

#include "plugin/Session.h"

namespace tlplugin {

/// The value of a `keyword = value` whose keyword takes one type. False after an error was
/// reported.
bool evaluateOption(Session &T, const Option &O, clang::APValue &Out);

/// Checks the values that depend on no template argument. False after an error was reported.
bool checkValues(Session &T, const Factory &F);

/// Checks that a function given as an option can be called with the factory's parameters. E is the
/// option with the template arguments of D filled in.
bool checkCallable(Session &T, const Dispatcher &D, const Option &O, clang::Expr *E,
                   clang::QualType Config);

} // namespace tlplugin

#endif
