// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/InnerLoops.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Utils/LoopUtils.h"

using namespace llvm;

namespace tlplugin {
namespace {

constexpr unsigned Times = 4;
/// What may become of a body [instructions].
constexpr unsigned MostUnrolled = 512;
/// A loop that is no longer than this as a whole is left to Clang, which unrolls all of it.
constexpr unsigned LeftToClang = 600;

class InnerLoops : public PassInfoMixin<InnerLoops> {
public:
  PreservedAnalyses run(Loop &L, LoopAnalysisManager &, LoopStandardAnalysisResults &Known,
                        LPMUpdater &) {
    const unsigned Trips = Known.SE.getSmallConstantTripCount(&L);
    if (!L.isInnermost() || L.getNumBlocks() != 1 || Trips <= Times || Trips % Times != 0 ||
        hasUnrollTransformation(&L) != TM_Unspecified)
      return PreservedAnalyses::all();
    const BasicBlock &Body = *L.getHeader();
    const auto Size = static_cast<unsigned>(Body.size());
    if (Size * Times > MostUnrolled || Size * Trips <= LeftToClang || !waitsForMemory(Body))
      return PreservedAnalyses::all();
    addStringMetadataToLoop(&L, "llvm.loop.unroll.count", Times);
    return PreservedAnalyses::all();
  }

private:
  /// Whether rounds wait for memory, and for nothing of other threads. Local arrays are the affair
  /// of LocalLoops, and of what unrolls all of a loop for their sake: here they would stay in
  /// memory.
  static bool waitsForMemory(const BasicBlock &Body) {
    bool Found = false;
    for (const Instruction &I : Body) {
      if (const auto *Call = dyn_cast<CallBase>(&I); Call && Call->isConvergent())
        return false;
      for (const Value *It : I.operands())
        if (It->getType()->isPointerTy() && isa<AllocaInst>(getUnderlyingObject(It)))
          return false;
      Found |= isa<LoadInst>(I);
    }
    return Found;
  }
};

} // namespace

void registerInnerLoops(PassBuilder &PB) {
  // Where local loops are looked at, and behind that: those are unrolled as a whole.
  PB.registerLateLoopOptimizationsEPCallback(
      [](LoopPassManager &Passes, OptimizationLevel) { Passes.addPass(InnerLoops()); });
}

} // namespace tlplugin
