// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of a descriptor that say what the parameters and the result of a factory are. Those of
// numbers and of pointers to numbers, which is most of them, are written down here, as
// <tl/detail/signature.h> would make them: templates would be the larger part of a descriptor's
// cost.

#ifndef TL_PLUGIN_PARAMETERROWS_H
#define TL_PLUGIN_PARAMETERROWS_H

#include "plugin/CodeBuilder.h"
#include "plugin/ProblemKey.h"

namespace tlplugin {

/// The tl_parameter of a parameter of that type, the one with that index.
clang::Expr *buildParameterRow(Session &T, CodeBuilder &B, clang::QualType Type,
                               llvm::StringRef Name, const ParameterWords &How);

/// The tl_parameter of a result of that type.
clang::Expr *buildResultRow(Session &T, CodeBuilder &B, clang::QualType Type);

/// Whether an argument for a parameter of that type can be passed to several variants.
bool isCopyable(CodeBuilder &B, clang::QualType Type);

} // namespace tlplugin

#endif
