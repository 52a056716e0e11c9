// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// [[tl::autotune(...)]]: where it may stand. What its arguments mean is the business of Options.h.

#ifndef TL_PLUGIN_AUTOTUNEATTR_H
#define TL_PLUGIN_AUTOTUNEATTR_H

#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"

namespace tlplugin {

/// The attribute's arguments as written on this very declaration, null when it has none. They are
/// kept in an annotation of the template (not of its pattern, from which variants would inherit
/// it), so that they survive precompiled headers and modules.
const clang::AnnotateAttr *findAutotuneAttr(const clang::FunctionTemplateDecl *Template);

} // namespace tlplugin

#endif
