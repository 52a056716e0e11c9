// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hash of everything compiled that can change a variant's behaviour.
//
// It is made of the parts (CodePart.h) that the factory reaches: by mention, and by name where only
// an instantiation tells what is meant. Declarations count by what they say and by the order in
// which they are reached, not by their names, places or order in the source. Where a device is
// compiled for, source that the host's pass leaves out counts as text (DeviceText.h): the host
// pass, whose descriptor holds the fingerprint, speaks for all of them.

#ifndef TL_PLUGIN_FINGERPRINT_H
#define TL_PLUGIN_FINGERPRINT_H

#include "plugin/Session.h"
#include "plugin/Variants.h"

namespace tlplugin {

struct Fingerprint {
  std::string Digest;               ///< 32 hexadecimal digits
  std::string Code;                 ///< the same without the compiler's flags and version
  std::vector<std::string> Entries; ///< what went into it, one line each, sorted
  bool NamesInfeasible = false;     ///< code that is reached names tl::infeasible
};

Fingerprint computeFingerprint(Session &T, const Dispatcher &D, const VariantList &List);

} // namespace tlplugin

#endif
