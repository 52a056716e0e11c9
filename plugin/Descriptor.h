// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generated function that holds a concrete factory's tables and returns its tl_factory.

#ifndef TL_PLUGIN_DESCRIPTOR_H
#define TL_PLUGIN_DESCRIPTOR_H

#include "plugin/Fingerprint.h"
#include "plugin/ReachedState.h"
#include "plugin/Variants.h"
#include <string>

namespace tlplugin {

/// "ns::gemm<float>": with what callers fixed, without the tunables.
std::string getDisplayName(const Dispatcher &D);

/// The name of the file in which Loc is, without its directories.
std::string getBaseFileName(Session &T, clang::SourceLocation Loc);

/// Gives D.Describe its body. `State` are the variables that the factory reaches, `Options` the
/// attribute's, with the template arguments filled in. False after an error was reported.
bool defineDescriptor(Session &T, const Dispatcher &D, const VariantList &List,
                      const Fingerprint &Print, llvm::ArrayRef<ReachedVariable> State,
                      llvm::MutableArrayRef<clang::Expr *> Options);

} // namespace tlplugin

#endif
