// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `compilers = {tl::clang(), tl::nvcc("--maxrregcount=128")}`: every config becomes a variant for
// each of them. A variant whose kernels another compiler makes than the command's own is a copy of
// the function that Clang compiled, with launches of other kernels (VariantClones.h); here it is an
// index, a text in the config, and the declaration of that copy.

#ifndef TL_PLUGIN_DEVICECOMPILERS_H
#define TL_PLUGIN_DEVICECOMPILERS_H

#include "plugin/Variants.h"

namespace tlplugin {

/// Evaluates F's `compilers`, if it has any. False after an error was reported.
bool readCompilers(Session &T, Factory &F);

/// Makes each variant of the list one for each of the factory's compilers, the default config's
/// with the first one the default.
void multiplyByCompilers(const Factory &F, VariantList &List);

/// Whether V is one of several compilers' variants and has the kernels that this command makes.
bool isOwnCode(const Session &T, const Factory &F, const Variant &V);

/// The functions of variants whose kernels nobody wants of this pass: it makes, or lists, those of
/// one compiler. None in a pass that makes host code.
llvm::DenseSet<const clang::FunctionDecl *> findUnwanted(const Session &T, const Factory &F,
                                                         const VariantList &List);

/// Declares the copies that a variant with another compiler's kernels is, for the tables. What is
/// absent under its compiler, as under each, stays the one function.
void declareClones(Session &T, const Dispatcher &D, VariantList &List);

/// Lines of the fingerprint: which compilers, of which versions.
std::vector<std::string> describeCompilers(Session &T, const Factory &F);

/// Refuses what two copies of device code cannot share. False after an error was reported.
bool checkCompilers(Session &T, const Dispatcher &D);

/// Hands over what code generation has to know of kernels. Called when all has been compiled.
void finishClones(Session &T);

} // namespace tlplugin

#endif
