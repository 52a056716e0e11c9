// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel launches that a variant makes whatever its arguments are.

#ifndef TL_PLUGIN_LAUNCHES_H
#define TL_PLUGIN_LAUNCHES_H

#include "plugin/DeviceLimits.h"
#include "plugin/Session.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tlplugin {

struct Launch {
  const clang::FunctionDecl *Kernel = nullptr; ///< null: any, its address is not constant
  LaunchShape Shape;
};

/// Whether no path through a variant's body does any work but one on which a launch fails.
/// `IsIllegal` judges each launch that is met; it may be asked several times of one. Helpers that
/// the body calls are followed as far as they are defined.
bool alwaysFails(Session &T, const clang::FunctionDecl *Variant,
                 llvm::function_ref<bool(const Launch &)> IsIllegal);

} // namespace tlplugin

#endif
