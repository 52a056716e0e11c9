// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which template parameters of a factory configs fill in.

#ifndef TL_PLUGIN_TUNABLES_H
#define TL_PLUGIN_TUNABLES_H

#include "plugin/Session.h"

namespace tlplugin {

/// Finds the tunables of a factory with a config struct, and refuses template parameters that
/// cannot be tunables. Those of a factory with plain parameters are known with its configs only.
bool checkTunables(Session &T, Factory &F);

/// Which parameters a config struct's fields fill in, for a factory with plain parameters.
bool findTunables(Session &T, Factory &F, const Space &Configs);

/// All variants share one signature: callers see only that of the default config.
bool checkSignature(Session &T, Factory &F);

/// The dispatcher hands its parameters on, so that those taken by value have to move.
bool checkParameters(Session &T, const Factory &F, const clang::FunctionDecl *Spec);

/// Index of the template parameter with that name, Params->size() for none.
unsigned findParameter(const clang::TemplateParameterList *Params,
                       const clang::IdentifierInfo *Name);

} // namespace tlplugin

#endif
