// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/LocalArrays.h"
#include "plugin/ClangCompat.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/CallingConv.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include <cstdint>

using namespace llvm;

namespace tlplugin {
namespace {

class LocalArrays : public PassInfoMixin<LocalArrays> {
public:
  explicit LocalArrays(clang::DiagnosticsEngine &Diags) : Diags(Diags) {}

  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    for (const Function &F : M)
      if (!F.isDeclaration() && compat::isKernel(F))
        report(F, M.getDataLayout());
    return PreservedAnalyses::all();
  }

private:
  void report(const Function &F, const DataLayout &Layout) {
    std::uint64_t Bytes = 0, Count = 0;
    for (const Instruction &I : instructions(F))
      if (const auto *Local = dyn_cast<AllocaInst>(&I))
        if (std::optional<TypeSize> Size = Local->getAllocationSize(Layout)) {
          Bytes += Size->getFixedValue();
          ++Count;
        }
    if (Count == 0)
      return;
    unsigned Id = Diags.getCustomDiagID(
        clang::DiagnosticsEngine::Remark,
        "kernel '%0' keeps %1 local variable%s1 of %2 bytes in memory: an array whose index is not "
        "known at compile time, or whose address is passed on; unroll the loops that run over it");
    Diags.Report(Id) << demangle(F.getName()) << static_cast<unsigned>(Count)
                     << static_cast<unsigned>(Bytes);
  }

  clang::DiagnosticsEngine &Diags;
};

} // namespace

void registerLocalArrays(PassBuilder &PB, clang::DiagnosticsEngine &Diags) {
  compat::registerAtEnd(
      PB, [&Diags](ModulePassManager &Passes) { Passes.addPass(LocalArrays(Diags)); });
}

} // namespace tlplugin
