// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An innermost loop whose count of rounds is known, and too long to be unrolled as a whole, is
// unrolled four times, as nvcc does it: the loads of several rounds are on their way together. What
// Clang unrolls in part for such a device is too small for most bodies.

#ifndef TL_PLUGIN_INNERLOOPS_H
#define TL_PLUGIN_INNERLOOPS_H

namespace llvm {
class PassBuilder;
}

namespace tlplugin {

/// Adds the pass to a pipeline that compiles for a device.
void registerInnerLoops(llvm::PassBuilder &PB);

} // namespace tlplugin

#endif
