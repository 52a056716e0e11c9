// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's vector types (float4, uint2, ...) are structs, and Clang copies a struct with a call of
// memcpy. An array of them whose elements are only copied then stays in local memory, since LLVM
// promotes no struct to registers, and copies from one memory to another become pairs of 64-bit
// accesses. As loads and stores of a vector both go away.

#ifndef TL_PLUGIN_VECTORCOPIES_H
#define TL_PLUGIN_VECTORCOPIES_H

namespace llvm {
class PassBuilder;
}

namespace tlplugin {

/// Adds a pass that turns copies of 8 or 16 bytes into a load and a store of a vector.
void registerVectorCopies(llvm::PassBuilder &PB);

} // namespace tlplugin

#endif
