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

/// A function without parameters that only the code generated for D calls; it has no body yet.
clang::FunctionDecl *declareHelper(Session &T, const Dispatcher &D, const llvm::Twine &Prefix,
                                   clang::QualType Type);

/// Whether FD is instantiated explicitly with its default config, as in `template void f<>(int);`.
/// The instance that is exported under its name becomes the tuned one. Called before code is
/// generated for FD.
void exportTuned(Session &T, clang::FunctionDecl *FD);

/// Gives D and what belongs to it their bodies: variants, tables, registration. Once for each, by
/// the queue.
void defineDispatcher(Session &T, Dispatcher &D);

} // namespace tlplugin

#endif
