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

/// Reads the axes of a tl::space, whatever its predicates; false, and nothing reported, where one
/// is over a field of a base class or of an anonymous union. `Value` outlives `Out`.
bool readProduct(Session &T, const clang::ClassTemplateSpecializationDecl *RD,
                 const clang::APValue &Value, clang::SourceLocation Loc, ProductSpace &Out);

} // namespace tlplugin

#endif
