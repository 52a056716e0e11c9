// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hash of everything compiled that can change a variant's behaviour.
//
// It is made of tokens, not of the instantiated program: the factory's own declaration and,
// transitively, every user declaration whose name occurs in one that was reached. Tokens are read
// raw from the source, so that branches which a pass preprocesses away (#if __CUDA_ARCH__ ...)
// count as well: the host pass, whose descriptor holds it, speaks for all of them. Macros count by
// their definition where they are used. Comments, layout, order, paths and declarations that are
// not reached do not count.

#ifndef TL_PLUGIN_FINGERPRINT_H
#define TL_PLUGIN_FINGERPRINT_H

#include "plugin/Session.h"
#include "plugin/Variants.h"

namespace tlplugin {

struct Fingerprint {
  std::string Digest;               ///< 32 hexadecimal digits
  std::vector<std::string> Entries; ///< what went into it, one line each, sorted
};

Fingerprint computeFingerprint(Session &T, const Dispatcher &D, const VariantList &List);

} // namespace tlplugin

#endif
