// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In the host's code, a variant launches kernels by the addresses of functions (HIP: of constants
// that hold those) that are registered with the device code. A variant whose kernels another
// compiler made is a copy of everything that leads from the variant to such an address, with
// addresses of its own, which are registered with that compiler's device code. This is done on
// LLVM's IR, before it is optimised; what may have its own static variables, as one more
// specialisation would, has them. Where kernels use variables of the device, the code of all
// compilers is one image, in which there is one of each variable, and kernels of others than the
// command's own have names of their own.

#ifndef TL_PLUGIN_VARIANTCLONES_H
#define TL_PLUGIN_VARIANTCLONES_H

#include "plugin/OtherCompiler.h"
#include "plugin/RunTimeSource.h"
#include <memory>
#include <string>
#include <vector>

namespace tlplugin {

/// One copy to make.
struct VariantClone {
  std::string Symbol;
  std::string Of;    ///< the function that Clang compiled
  unsigned Compiler; ///< in VariantClones::Compilers
  bool Shared;       ///< the same in all files of the program
  std::string Config;
  std::string Factory;       ///< its name, for people
  clang::SourceLocation Loc; ///< of the factory's `compilers`
};

/// How other compilers are asked for a kernel that was made from a template.
struct KernelText {
  std::string Instantiation; ///< kernelInstantiation()
  std::string Expression;    ///< kernelExpression()
};

/// What the walk over the source has found for code generation.
struct VariantClones {
  DeviceCompiler Own; ///< the command's
  std::vector<OtherCompiler> Compilers;
  std::vector<VariantClone> Variants;
  bool Linked = false;                 ///< whether kernels use variables of the device
  std::vector<std::string> Variables;  ///< those, by Clang's names
  std::vector<std::string> Kept;       ///< functions that are there for the copies' sake alone
  llvm::StringMap<KernelText> Kernels; ///< by name
  RunTimeSource Source;                ///< for compilers that come with the program's machine
};

/// Makes code generation of the host's pass ask the object that is returned.
std::shared_ptr<VariantClones> makeVariantsOfOthers(clang::CompilerInstance &CI,
                                                    const Arguments &Args);

} // namespace tlplugin

#endif
