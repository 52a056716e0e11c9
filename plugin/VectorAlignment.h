// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In `*reinterpret_cast<float4 *>(&tile[i][j])` the pointer's type says that 16 bytes are aligned.
// Where `tile` is a variable, Clang goes by what it knows of the variable's elements instead, 4
// bytes, and the access of shared memory becomes four. nvcc goes by the type.

#ifndef TL_PLUGIN_VECTORALIGNMENT_H
#define TL_PLUGIN_VECTORALIGNMENT_H

namespace clang {
class ASTContext;
class Decl;
} // namespace clang

namespace tlplugin {

/// Lets casts in the body of a device function, of addresses in shared memory to pointers of
/// greater alignment, say what they mean, and aligns the variable itself accordingly. Before code
/// is generated for D.
void keepVectorAlignment(clang::ASTContext &Context, clang::Decl *D);

} // namespace tlplugin

#endif
