// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A config as text, the form in which it is stored, forced and shown.

#ifndef TL_PLUGIN_CONFIGTEXT_H
#define TL_PLUGIN_CONFIGTEXT_H

#include "plugin/Session.h"

namespace tlplugin {

/// "block_m=64,block_n=128": the fields in declaration order.
std::string printConfig(Session &T, const Factory &F, const Space &Configs,
                        llvm::ArrayRef<clang::TemplateArgument> Tunables);

/// Its parts: joined by commas they are the text.
std::vector<std::string> printItems(Session &T, const Factory &F, const Space &Configs,
                                    llvm::ArrayRef<clang::TemplateArgument> Tunables);

/// Which of those a field of the config struct is.
unsigned itemOf(const Space &Configs, const clang::FieldDecl *Field);

/// Where several configs print alike, says more of what they name, until no two do. A config is
/// identified by its template arguments; its text is what people, the database and the runtime know
/// it by.
void makeTextsUnique(Session &T, const Factory &F, const Space &Configs,
                     std::vector<Variant> &Variants);

} // namespace tlplugin

#endif
