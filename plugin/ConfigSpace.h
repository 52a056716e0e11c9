// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `configs = ...` to the list of configs, and from a config to template arguments and text.

#ifndef TL_PLUGIN_CONFIGSPACE_H
#define TL_PLUGIN_CONFIGSPACE_H

#include "plugin/Session.h"
#include <optional>

namespace tlplugin {

/// Evaluates a space that depends on no template parameter, once per factory, and finds the
/// tunables of a factory with plain parameters. True when it depends on one: getSpace() reports
/// then.
bool checkSpace(Session &T, Factory &F);

/// The space of one concrete factory, null after an error was reported.
const Space *getSpace(Session &T, Factory &F, clang::FunctionDecl *Spec,
                      std::unique_ptr<Space> &Storage);

/// The template arguments that a config stands for, in the order of the tunables; Defaults are
/// those of the default config. False after an error was reported.
bool toTemplateArguments(Session &T, const Factory &F, const Space &Configs,
                         const clang::APValue &Config,
                         llvm::ArrayRef<clang::TemplateArgument> Defaults,
                         llvm::SmallVectorImpl<clang::TemplateArgument> &Out);

/// "block_m=64,block_n=128": the fields in declaration order.
std::string printConfig(Session &T, const Factory &F, const Space &Configs,
                        llvm::ArrayRef<clang::TemplateArgument> Tunables);

} // namespace tlplugin

#endif
