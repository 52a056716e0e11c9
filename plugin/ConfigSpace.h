// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `configs = ...` to the list of configs.

#ifndef TL_PLUGIN_CONFIGSPACE_H
#define TL_PLUGIN_CONFIGSPACE_H

#include "plugin/Session.h"

namespace tlplugin {

/// Evaluates a space that depends on no template parameter, once per factory, and finds the
/// tunables of a factory with plain parameters. True when it depends on one: getSpace() reports
/// then.
bool checkSpace(Session &T, Factory &F);

/// The space of one concrete factory, null after an error was reported.
const Space *getSpace(Session &T, Factory &F, clang::FunctionDecl *Spec,
                      std::unique_ptr<Space> &Storage);

} // namespace tlplugin

#endif
