// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/VectorCopies.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Analysis.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include <algorithm>
#include <cstdint>

using namespace llvm;

namespace tlplugin {
namespace {

/// A copy of 8 or 16 bytes at once.
struct Copy {
  MemCpyInst *Call;
  std::uint64_t Bytes;
  AllocaInst *To, *From; ///< local variables, null for other memory
};

/// The size of the smallest number that is read or written in a local variable other than by copies
/// [bytes], 0 where there is none. A vector is made of such numbers: what is smaller than its
/// elements could not be promoted to a register with it.
std::uint64_t smallestAccess(const AllocaInst *Variable, const DataLayout &Layout) {
  std::uint64_t Smallest = 0;
  SmallPtrSet<const Value *, 16> Seen;
  SmallVector<const Value *, 16> Pending{Variable};
  const auto account = [&](Type *Accessed) {
    Type *Number = Accessed->getScalarType();
    std::uint64_t Size =
        Number->isSingleValueType() ? Layout.getTypeStoreSize(Number).getFixedValue() : 1;
    Smallest = Smallest == 0 ? Size : std::min(Smallest, Size);
  };
  while (!Pending.empty()) {
    for (const User *U : Pending.pop_back_val()->users()) {
      if (const auto *Read = dyn_cast<LoadInst>(U))
        account(Read->getType());
      else if (const auto *Written = dyn_cast<StoreInst>(U))
        account(Written->getValueOperand()->getType());
      else if (isa<GetElementPtrInst, CastInst, PHINode, SelectInst>(U) && Seen.insert(U).second)
        Pending.push_back(U);
    }
  }
  return Smallest;
}

/// Of what the vector is to be made [bytes], 0 where nothing fits.
unsigned elementSize(const Copy &It, const DataLayout &Layout) {
  std::uint64_t Size = 0;
  for (const AllocaInst *Local : {It.To, It.From})
    if (std::uint64_t Accessed = Local ? smallestAccess(Local, Layout) : 0)
      Size = Size == 0 ? Accessed : std::min(Size, Accessed);
  if (Size == 0)
    return 4; // nothing but copies: a register
  // Bytes are left to Clang: vectors of them have no single access on every architecture.
  return Size == 2 || Size == 4 || Size == 8 ? static_cast<unsigned>(Size) : 0;
}

/// What ends in registers needs no alignment; memory does.
bool isAligned(const Copy &It) {
  return (It.To || It.Call->getDestAlign().valueOrOne().value() >= It.Bytes) &&
         (It.From || It.Call->getSourceAlign().valueOrOne().value() >= It.Bytes);
}

void replace(const Copy &It, unsigned ElementBytes) {
  IRBuilder<> Builder(It.Call);
  Type *Vector = FixedVectorType::get(Builder.getIntNTy(8 * ElementBytes),
                                      static_cast<unsigned>(It.Bytes / ElementBytes));
  LoadInst *Read = Builder.CreateAlignedLoad(Vector, It.Call->getRawSource(),
                                             It.Call->getSourceAlign().valueOrOne());
  StoreInst *Written =
      Builder.CreateAlignedStore(Read, It.Call->getRawDest(), It.Call->getDestAlign().valueOrOne());
  // The fields' types that it knows are of no use to whole vectors.
  AAMDNodes Known = It.Call->getAAMetadata(), Kept;
  Kept.Scope = Known.Scope;
  Kept.NoAlias = Known.NoAlias;
  Read->setAAMetadata(Kept);
  Written->setAAMetadata(Kept);
  It.Call->eraseFromParent();
}

class VectorCopies : public PassInfoMixin<VectorCopies> {
public:
  PreservedAnalyses run(Function &F, FunctionAnalysisManager &) {
    const DataLayout &Layout = F.getParent()->getDataLayout();
    SmallVector<Copy, 16> Copies;
    for (Instruction &I : instructions(F)) {
      auto *Call = dyn_cast<MemCpyInst>(&I);
      const auto *Length = Call ? dyn_cast<ConstantInt>(Call->getLength()) : nullptr;
      if (!Length || Call->isVolatile() || (Length->getValue() != 8 && Length->getValue() != 16))
        continue;
      Copy It{Call, Length->getZExtValue(),
              dyn_cast<AllocaInst>(getUnderlyingObject(Call->getRawDest())),
              dyn_cast<AllocaInst>(getUnderlyingObject(Call->getRawSource()))};
      if (isAligned(It))
        Copies.push_back(It);
    }
    bool Changed = false;
    for (const Copy &It : Copies)
      if (unsigned Element = elementSize(It, Layout)) {
        replace(It, Element);
        Changed = true;
      }
    if (!Changed)
      return PreservedAnalyses::all();
    PreservedAnalyses Kept;
    Kept.preserveSet<CFGAnalyses>();
    return Kept;
  }
};

} // namespace

void registerVectorCopies(PassBuilder &PB) {
  // Behind the first promotion to registers, which takes apart what is used field by field, and
  // before loops are unrolled, after which the second one sees what is left.
  PB.registerPeepholeEPCallback(
      [](FunctionPassManager &Passes, OptimizationLevel) { Passes.addPass(VectorCopies()); });
}

} // namespace tlplugin
