// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/LocalLoops.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include <cstdint>

using namespace llvm;

namespace tlplugin {
namespace {

/// What a thread can have in registers [bytes]: an array beyond it stays in memory anyway.
constexpr std::uint64_t RegisterBytes = 255 * 4;
/// Half of what Clang's unroller takes from a pragma [instructions]: a loop that it turned down
/// would be warned about as if the user had written the pragma.
constexpr std::uint64_t MostInstructions = 8192;

/// Whether an access in the loop goes to another element of a local array each time around.
bool runsOverLocalArray(const Loop &L, ScalarEvolution &SE, const DataLayout &Layout) {
  for (BasicBlock *Block : L.blocks())
    for (Instruction &I : *Block) {
      auto *Address = dyn_cast<GetElementPtrInst>(&I);
      const auto *Array =
          Address ? dyn_cast<AllocaInst>(getUnderlyingObject(Address->getPointerOperand()))
                  : nullptr;
      if (!Array || !Array->isStaticAlloca() || Address->hasAllConstantIndices())
        continue;
      std::optional<TypeSize> Size = Array->getAllocationSize(Layout);
      if (Size && Size->getFixedValue() <= RegisterBytes &&
          !SE.isLoopInvariant(SE.getSCEV(Address), &L))
        return true;
    }
  return false;
}

class LocalLoops : public PassInfoMixin<LocalLoops> {
public:
  PreservedAnalyses run(Loop &L, LoopAnalysisManager &, LoopStandardAnalysisResults &Known,
                        LPMUpdater &) {
    unsigned Trips = Known.SE.getSmallConstantTripCount(&L);
    if (Trips < 2 || hasUnrollTransformation(&L) != TM_Unspecified)
      return PreservedAnalyses::all();
    std::uint64_t Instructions = 0;
    for (const BasicBlock *Block : L.blocks())
      Instructions += Block->size();
    const Function &F = *L.getHeader()->getParent();
    if (Instructions * Trips <= MostInstructions &&
        runsOverLocalArray(L, Known.SE, F.getParent()->getDataLayout()))
      addStringMetadataToLoop(&L, "llvm.loop.unroll.full");
    return PreservedAnalyses::all();
  }
};

} // namespace

void registerLocalLoops(PassBuilder &PB) {
  // Right before loops are unrolled, from the innermost outwards.
  PB.registerLateLoopOptimizationsEPCallback(
      [](LoopPassManager &Passes, OptimizationLevel) { Passes.addPass(LocalLoops()); });
}

} // namespace tlplugin
