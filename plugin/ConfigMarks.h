// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables in which a factory notes which of its variants has run.

#ifndef TL_PLUGIN_CONFIGMARKS_H
#define TL_PLUGIN_CONFIGMARKS_H

#include "plugin/ReachedState.h"
#include "plugin/Session.h"
#include <vector>

namespace tlplugin {

/// Global variables that the factory's body, or a template that it uses, sets to nothing but the
/// tunables (`ran = C.width`), or counts in elements that only those choose (`++runs[C.width]`).
/// They differ from variant to variant on purpose, and are no results.
std::vector<ReachedVariable> findConfigMarks(const Dispatcher &D);

} // namespace tlplugin

#endif
