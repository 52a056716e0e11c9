// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel specialisations that the host code of a translation unit can launch, as explicit
// instantiations that another device compiler can read (utils/tl-nvcc).

#ifndef TL_PLUGIN_KERNELS_H
#define TL_PLUGIN_KERNELS_H

#include "plugin/Session.h"

namespace tlplugin {

/// The kernel's name on the device. The host's own mangling is that of the launching stub.
std::string kernelName(clang::ASTContext &Context, const clang::FunctionDecl *FD);

/// Notes D, when it is a kernel that was made from a template, and somebody may ask.
void noteKernel(Session &T, const clang::Decl *D);

/// "template __global__ void ...;", which instantiates the kernel where another compiler reads it
/// at the end of the source, or "!" and what prevents it.
std::string kernelInstantiation(clang::ASTContext &Context, const clang::FunctionDecl *FD);

/// "::ns::kernel<4>", as compiler libraries take it, or "!" and what prevents it.
std::string kernelExpression(clang::ASTContext &Context, const clang::FunctionDecl *FD);

/// Writes the file of -fplugin-arg-tl-kernels: for each kernel its mangled name, a tab, and its
/// instantiation; and for each variable on the device its mangled name, a tab, and "variable".
void writeKernels(Session &T);

} // namespace tlplugin

#endif
