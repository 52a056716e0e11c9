// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A local array lives in registers only where each index is a constant, so that the loops that run
// over it have to be unrolled. nvcc unrolls them whatever it costs; Clang up to a size that the
// tiles of a matrix product exceed, after which the kernel is tens of times slower.

#ifndef TL_PLUGIN_LOCALLOOPS_H
#define TL_PLUGIN_LOCALLOOPS_H

namespace llvm {
class PassBuilder;
}

namespace tlplugin {

/// Adds a pass that has loops unrolled that run over local arrays which fit into registers.
void registerLocalLoops(llvm::PassBuilder &PB);

} // namespace tlplugin

#endif
