// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factory instantiated with each config. The same instantiations happen in the same order in
// the host pass and in every device pass: in CUDA and HIP that is what makes the device code exist.

#ifndef TL_PLUGIN_VARIANTS_H
#define TL_PLUGIN_VARIANTS_H

#include "plugin/Session.h"
#include "llvm/ADT/DenseSet.h"

namespace tlplugin {

struct VariantList {
  std::vector<Variant> Variants;
  unsigned Default = 0;
  clang::QualType Config; ///< the config struct, null for lists over plain parameters
  std::shared_ptr<const ProductSpace> Product; ///< where these are only some of its configs
  llvm::DenseSet<unsigned> Demanded;           ///< those that a library of variants is to have
};

/// Declares the variants of a concrete factory: deduplicated, those whose `requires` fails pruned,
/// the default config a member. False after an error was reported.
bool declareVariants(Session &T, Dispatcher &D, VariantList &Out);

/// Instantiates the bodies. An error in one is followed by a note that names its config. Finds out
/// which ones can never run; replaceIllegal() leaves those out, once the fingerprint is made.
void instantiateVariants(Session &T, const Dispatcher &D, VariantList &List);

} // namespace tlplugin

#endif
