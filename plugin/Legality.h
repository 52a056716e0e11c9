// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-legality: variants that no device can launch that a file is compiled for, by the
// numbers of the device code that the host pass embeds. They are left out like variants that do not
// compile (Absent.h).

#ifndef TL_PLUGIN_LEGALITY_H
#define TL_PLUGIN_LEGALITY_H

#include "plugin/Variants.h"

namespace tlplugin {

/// Reads what follows `legality=`: off, warn or prune. False if it is neither.
bool parseLegality(llvm::StringRef Text, Arguments &Args);

/// Why no device can launch a variant, which is instantiated; "" where one may. Remarks on what is
/// so for some of the devices only, and on memory that kernels spill to.
std::string neverLaunched(Session &T, const Dispatcher &D, const VariantList &List, unsigned I);

/// Tells of the variants whose `Illegal` is set.
void reportIllegal(Session &T, const Dispatcher &D, const VariantList &List);

} // namespace tlplugin

#endif
