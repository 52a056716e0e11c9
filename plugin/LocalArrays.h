// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Points out kernels whose local variables are left in memory, where each access goes through the
// cache: what makes a kernel many times slower than its neighbour in the space, and what nobody
// sees in its source.

#ifndef TL_PLUGIN_LOCALARRAYS_H
#define TL_PLUGIN_LOCALARRAYS_H

namespace clang {
class DiagnosticsEngine;
}
namespace llvm {
class PassBuilder;
}

namespace tlplugin {

/// Adds a pass that reports a remark for each kernel that has such variables once all is optimised.
/// Diags has to outlive the passes.
void registerLocalArrays(llvm::PassBuilder &PB, clang::DiagnosticsEngine &Diags);

} // namespace tlplugin

#endif
