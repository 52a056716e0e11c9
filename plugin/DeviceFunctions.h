// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_PLUGIN_DEVICEFUNCTIONS_H
#define TL_PLUGIN_DEVICEFUNCTIONS_H

#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"

namespace tlplugin {

/// Calls Visit with each CUDA kernel and device function that D is or holds the body of, whose
/// types are known: Clang hands a namespace over as a whole, and what is instantiated on its own.
template <class Visitor> void forEachDeviceFunction(clang::Decl *D, Visitor Visit) {
  if (auto *FD = llvm::dyn_cast<clang::FunctionDecl>(D)) {
    if (FD->doesThisDeclarationHaveABody() && !FD->isDependentContext() &&
        (FD->hasAttr<clang::CUDAGlobalAttr>() || FD->hasAttr<clang::CUDADeviceAttr>()))
      Visit(FD);
    return;
  }
  auto *Holder = llvm::dyn_cast<clang::DeclContext>(D);
  if (!Holder || Holder->isDependentContext())
    return;
  if (Holder->isNamespace() || Holder->isRecord() || llvm::isa<clang::LinkageSpecDecl>(D))
    for (clang::Decl *Held : Holder->decls())
      forEachDeviceFunction(Held, Visit);
}

} // namespace tlplugin

#endif
