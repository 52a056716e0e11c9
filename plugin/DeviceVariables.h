// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables on the device, which compilers name differently where they have internal linkage, and
// which the code of several compilers has to share.

#ifndef TL_PLUGIN_DEVICEVARIABLES_H
#define TL_PLUGIN_DEVICEVARIABLES_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
}

namespace tlplugin {

/// All `__device__` and `__constant__` variables that the translation unit has now, those of
/// functions and templates among them.
std::vector<const clang::VarDecl *> findDeviceVariables(clang::ASTContext &Context);

/// Clang's names of them, in alphabetical order.
std::vector<std::string> nameDeviceVariables(clang::ASTContext &Context);

/// Makes this pass keep such variables whole and under these names, since other compilers' code
/// reads and writes them, too (-fplugin-arg-tl-keep-variables).
void keepDeviceVariables(clang::CompilerInstance &CI);

} // namespace tlplugin

#endif
