// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From one config to the template arguments that it stands for.

#ifndef TL_PLUGIN_CONFIGARGUMENTS_H
#define TL_PLUGIN_CONFIGARGUMENTS_H

#include "plugin/Session.h"

namespace tlplugin {

/// The template arguments that a config stands for, in the order of the tunables; Defaults are
/// those of the default config. False after an error was reported.
bool toTemplateArguments(Session &T, const Factory &F, const Space &Configs,
                         const clang::APValue &Config,
                         llvm::ArrayRef<clang::TemplateArgument> Defaults,
                         llvm::SmallVectorImpl<clang::TemplateArgument> &Out);

/// Conversions that can be checked before anybody calls the factory.
bool checkConversions(Session &T, const Factory &F, const Space &Configs);

/// The type behind a value of class tl::type_token, null for any other value.
clang::QualType typeOfToken(clang::QualType Type, const clang::APValue &V);

} // namespace tlplugin

#endif
