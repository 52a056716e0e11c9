// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that `eligible` refuses whatever a call's arguments are. They are compiled, since other
// code may name them, and never run for a dispatched call: the space's `where` would leave them
// out.

#ifndef TL_PLUGIN_NEVERELIGIBLE_H
#define TL_PLUGIN_NEVERELIGIBLE_H

#include "plugin/Variants.h"

namespace tlplugin {

/// Warns of them, at the option; with remarks, of each.
void reportNeverEligible(Session &T, const Dispatcher &D, const VariantList &List);

} // namespace tlplugin

#endif
