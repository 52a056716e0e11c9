// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spaces of which only a few configs are compiled with the program (tl::on_demand). Their configs
// are never listed: what the program needs to name one is made of the axes alone. The others are
// compiled when a tuning session asks for them, by the same command with
// -fplugin-arg-tl-demand=ID:1,5,9, which makes a library of those combinations and nothing else.

#ifndef TL_PLUGIN_ONDEMAND_H
#define TL_PLUGIN_ONDEMAND_H

#include "plugin/CodeBuilder.h"
#include "plugin/Variants.h"

namespace tlplugin {

/// Reads what follows `demand=`. False if it is no factory and list of combinations.
bool parseDemand(llvm::StringRef Text, Arguments &Args);

/// Whether Configs is a tl::on_demand.
bool isOnDemand(const clang::Expr *Configs);

/// The space of one, with the configs of its list. False after an error was reported.
bool readOnDemand(Session &T, clang::Expr *Configs, clang::APValue Value, Space &Out);

/// A combination as a config.
clang::APValue configOf(const ProductSpace &Product, uint64_t Combination);

/// Configs that together have every value of every axis.
std::vector<clang::APValue> spanningConfigs(const ProductSpace &Product);

/// The configs with these texts, of those that are in the space.
std::vector<clang::APValue> findConfigs(Session &T, const Factory &F, const Dispatcher &D,
                                        const Space &Configs, llvm::ArrayRef<std::string> Texts);

/// `&on_demand`, a static tl_on_demand of the factory; null for any other space.
clang::Expr *buildOnDemand(Session &T, const Dispatcher &D, CodeBuilder &B, const VariantList &List,
                           const struct Fingerprint &Print);

/// Whether this compilation makes a library of variants, and of which factory.
bool isDemand(const Session &T);
bool isDemanded(const Session &T, const Dispatcher &D);

/// Defines the function that tells what the library has.
void defineLibrary(Session &T, Dispatcher &D, const VariantList &List,
                   const struct Fingerprint &Print);

} // namespace tlplugin

#endif
