// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a constant has to be so that a template argument can be made of it.

#ifndef TL_PLUGIN_CONFIGVALUES_H
#define TL_PLUGIN_CONFIGVALUES_H

#include "plugin/Session.h"

namespace tlplugin {

/// Whether E may be given to the constant evaluator at all: nothing in it, nor in what it names,
/// has an error of which Clang told already.
bool isSound(const clang::Expr *E);

/// The same of a type: it is complete, and no default member initialiser has an error.
bool isSoundType(clang::QualType Type);

/// Whether every part of the configs is known and may be part of a template argument. A pointer to
/// a string literal or to a temporary may not. Reports what is not.
bool checkParts(Session &T, const Factory &F, const Space &Configs);

} // namespace tlplugin

#endif
