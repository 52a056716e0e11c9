// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two functions that are generated per concrete factory: its tables and its dispatcher.

#ifndef TL_PLUGIN_DISPATCHER_H
#define TL_PLUGIN_DISPATCHER_H

#include "plugin/Session.h"

namespace tlplugin {

/// Whether that many written template arguments fill in a tunable.
bool reachesTunables(Session &T, Factory &F, clang::FunctionDecl *Spec, unsigned Written);

/// The function that a reference to Spec, a specialisation of F written with that many template
/// arguments, has to reach. Only declared until the end of the translation unit. Null when the
/// tunables were written out: such a reference stays what it is.
clang::FunctionDecl *getDispatcher(Session &T, Factory &F, clang::FunctionDecl *Spec,
                                   unsigned Written);

/// Defines all dispatchers that were asked for. Called at the end of the translation unit, before
/// pending instantiations and deferred diagnostics.
void defineDispatchers(Session &T);

} // namespace tlplugin

#endif
