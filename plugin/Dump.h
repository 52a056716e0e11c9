// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-dump: what was generated, for people and for FileCheck. Remarks about variants.

#ifndef TL_PLUGIN_DUMP_H
#define TL_PLUGIN_DUMP_H

#include "plugin/Fingerprint.h"
#include "plugin/ReachedState.h"
#include "plugin/Session.h"
#include "plugin/Variants.h"

namespace tlplugin {

void dump(Session &T, const Dispatcher &D, const VariantList &List, const Fingerprint &Print,
          llvm::ArrayRef<ReachedVariable> State, llvm::StringRef Name);

} // namespace tlplugin

#endif
