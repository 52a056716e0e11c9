// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-use=FILE: of each factory's space only the configs that FILE names, and the
// default one, are compiled, and its winners become a part of the program.

#ifndef TL_PLUGIN_BAKED_H
#define TL_PLUGIN_BAKED_H

#include "plugin/Variants.h"

namespace tlplugin {

/// The configs that the file names for a factory; none where there is no file.
std::vector<std::string> configsOfWinners(Session &T, const Dispatcher &D);

/// Leaves out of a space's variants what the file does not name. All stay where it has nothing of
/// the factory, which is warned about. Does the same in host and device passes.
void keepBaked(Session &T, const Dispatcher &D, VariantList &List);

/// Makes the object that tells the runtime of the winners: those that were measured on code with
/// this fingerprint. `Space` is what keepBaked was given. Warns of what does not fit.
void defineBaked(Session &T, const Dispatcher &D, const VariantList &Space,
                 llvm::StringRef Fingerprint);

} // namespace tlplugin

#endif
