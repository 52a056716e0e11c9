// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a program tells the runtime of variants whose kernels are compiled at run time: tl_rtc_* of
// <tl/abi.h>, as LLVM's IR.

#ifndef TL_PLUGIN_RUNTIMECODE_H
#define TL_PLUGIN_RUNTIMECODE_H

#include "plugin/RunTimeSource.h"
#include "llvm/ADT/ArrayRef.h"

namespace llvm {
class Constant;
class Function;
class GlobalValue;
class Module;
} // namespace llvm

namespace tlplugin {

struct RunTimeKernel {
  llvm::GlobalValue *Stub; ///< whose address stands for it
  std::string Expression;  ///< kernelExpression(), "" for what is no template
  std::string Name;
};

class RunTimeCode {
public:
  /// `Options`: the compiler's own, separated by spaces.
  RunTimeCode(llvm::Module &M, const RunTimeSource &Source, llvm::StringRef Options);

  /// Tells the runtime of a variant, for as long as its image is loaded.
  void describe(llvm::Function &Variant, llvm::ArrayRef<RunTimeKernel> Kernels) const;

private:
  llvm::Constant *text(llvm::StringRef Text) const;
  llvm::Constant *constant(llvm::ArrayRef<llvm::Constant *> Fields) const;

  llvm::Module &M;
  llvm::Constant *Source; ///< tl_rtc_source
};

} // namespace tlplugin

#endif
