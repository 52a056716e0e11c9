// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/VariantClones.h"
#include "plugin/RunTimeCode.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/DiagnosticFrontend.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/GlobalAlias.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <thread>

using namespace llvm;

namespace tlplugin {
namespace {

/// How Clang's code registers a file's device code with the runtime of CUDA, or of HIP.
struct Registration {
  Function *Constructor = nullptr;
  Function *Globals = nullptr;
  GlobalVariable *Wrapper = nullptr;
  GlobalVariable *Handle = nullptr;
  MapVector<GlobalValue *, std::string> Kernels; ///< by what has the address that stands for them

  explicit Registration(Module &M) {
    for (Function &F : M) {
      if (F.getName().starts_with("__cuda_module_ctor"))
        Constructor = &F;
      else if (F.getName().starts_with("__cuda_register_globals") ||
               F.getName().starts_with("__hip_register_globals"))
        Globals = &F;
    }
    Wrapper = M.getGlobalVariable("__cuda_fatbin_wrapper", /*AllowInternal=*/true);
    Handle = M.getGlobalVariable("__cuda_gpubin_handle", /*AllowInternal=*/true);
    if (!Globals)
      return;
    for (Instruction &I : instructions(*Globals))
      if (auto *Call = kernelCall(I)) {
        auto *Text = dyn_cast<GlobalVariable>(Call->getArgOperand(3)->stripPointerCasts());
        auto *Name = Text && Text->hasInitializer()
                         ? dyn_cast<ConstantDataArray>(Text->getInitializer())
                         : nullptr;
        if (Name && Name->isCString())
          Kernels[kernelOf(*Call)] = Name->getAsCString().str();
      }
  }

  /// Whether the registration can be made once more, with CUDA's device code of another compiler.
  bool isComplete() const {
    return Constructor && Globals && Wrapper && Wrapper->hasInitializer() && Handle;
  }

  /// `__cudaRegisterFunction(handle, function, name, name, ...)`
  static CallInst *kernelCall(Instruction &I) {
    auto *Call = dyn_cast<CallInst>(&I);
    const Function *Callee = Call ? Call->getCalledFunction() : nullptr;
    return Callee &&
                   (Callee->getName() == "__cudaRegisterFunction" ||
                    Callee->getName() == "__hipRegisterFunction") &&
                   isa<GlobalValue>(Call->getArgOperand(1)->stripPointerCasts())
               ? Call
               : nullptr;
  }

  static GlobalValue *kernelOf(const CallInst &Call) {
    return cast<GlobalValue>(Call.getArgOperand(1)->stripPointerCasts());
  }
};

/// A factory's own generated code is for the program as a whole; its tables have the copies in
/// them.
bool isGenerated(const GlobalValue &V) {
  return V.getName().contains("__tl_") || V.getName().starts_with("llvm.") ||
         V.getName().starts_with("__cuda_") || V.getName().starts_with("__hip_");
}

/// A static variable of a function, or what guards it: `Z <function> E <name>` in the C++ ABI's
/// mangling.
bool isStaticLocal(const GlobalVariable &V) {
  return V.getName().starts_with("_ZZ") || V.getName().starts_with("_ZGVZ") ||
         V.getName().starts_with("_ZGRZ");
}

/// Calls `Use` with the globals that an operand names.
template <class Callback> void forGlobals(Value *Operand, Callback Use) {
  SmallVector<Constant *, 8> Open;
  SmallPtrSet<Constant *, 8> Seen;
  if (auto *C = dyn_cast<Constant>(Operand))
    Open.push_back(C);
  while (!Open.empty()) {
    Constant *C = Open.pop_back_val();
    if (!Seen.insert(C).second)
      continue;
    if (auto *G = dyn_cast<GlobalValue>(C)) {
      Use(*G);
      continue;
    }
    for (Value *It : C->operands())
      if (auto *Inner = dyn_cast<Constant>(It))
        Open.push_back(Inner);
  }
}

/// Calls `Use` with the globals that the code or the value of G names.
template <class Callback> void forReferences(GlobalValue &G, Callback Use) {
  if (auto *F = dyn_cast<Function>(&G)) {
    for (Instruction &I : instructions(*F))
      for (Value *It : I.operands())
        forGlobals(It, Use);
    if (F->hasPersonalityFn())
      forGlobals(F->getPersonalityFn(), Use);
  } else if (auto *V = dyn_cast<GlobalVariable>(&G)) {
    if (V->hasInitializer())
      forGlobals(V->getInitializer(), Use);
  } else if (auto *A = dyn_cast<GlobalAlias>(&G)) {
    forGlobals(A->getAliasee(), Use);
  }
}

/// All that leads to the address of a kernel.
SmallPtrSet<GlobalValue *, 32> findLeading(Module &M, const Registration &Registered) {
  DenseMap<GlobalValue *, SmallVector<GlobalValue *, 4>> UsedBy;
  for (GlobalValue &G : M.global_values())
    if (!isGenerated(G))
      forReferences(G, [&](GlobalValue &To) { UsedBy[&To].push_back(&G); });
  SmallPtrSet<GlobalValue *, 32> Leading;
  SmallVector<GlobalValue *, 32> Open;
  for (const auto &It : Registered.Kernels)
    Open.push_back(It.first);
  while (!Open.empty()) {
    GlobalValue *G = Open.pop_back_val();
    if (!Leading.insert(G).second)
      continue;
    if (auto Found = UsedBy.find(G); Found != UsedBy.end())
      Open.append(Found->second);
  }
  return Leading;
}

/// What one copy takes.
struct Copied {
  SetVector<GlobalValue *> Values;       ///< functions, constants and static variables
  SmallVector<GlobalValue *, 4> Kernels; ///< those among them that stand for kernels
  std::string Obstacle;                  ///< why it cannot be made
};

Copied findCopied(Function &Variant, const SmallPtrSet<GlobalValue *, 32> &Leading,
                  const Registration &Registered) {
  Copied Found;
  SmallVector<GlobalValue *, 32> Open{&Variant};
  while (!Open.empty()) {
    GlobalValue *G = Open.pop_back_val();
    if (!Found.Values.insert(G))
      continue;
    if (Registered.Kernels.contains(G))
      Found.Kernels.push_back(G);
    forReferences(*G, [&](GlobalValue &To) {
      auto *V = dyn_cast<GlobalVariable>(&To);
      if (isGenerated(To) || To.isDeclaration())
        return;
      if (V && !V->isConstant()) {
        if (isStaticLocal(*V))
          Open.push_back(V);
        else if (Leading.contains(V))
          Found.Obstacle = "the address of its kernel is in the variable '" + V->getName().str() +
                           "', of which there is only one";
      } else if (Leading.contains(&To)) {
        Open.push_back(&To);
      }
    });
  }
  return Found;
}

class VariantClonesPass : public PassInfoMixin<VariantClonesPass> {
public:
  VariantClonesPass(std::shared_ptr<VariantClones> Wanted, const Arguments &Args,
                    clang::DiagnosticsEngine &Diags)
      : Wanted(std::move(Wanted)), Args(Args), Diags(Diags) {}

  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    if (Wanted->Variants.empty())
      return PreservedAnalyses::all();
    const Registration Registered(M);
    const SmallPtrSet<GlobalValue *, 32> Leading = findLeading(M, Registered);
    SmallPtrSet<const Constant *, 16> Kept;
    for (const std::string &It : Wanted->Kept)
      Kept.insert(findFunction(M, It));
    removeFromUsedLists(M, [&](Constant *C) { return Kept.contains(C->stripPointerCasts()); });
    const SmallVector<CallInst *, 16> Foreign = findKernelsOfOthers(M, Registered);

    std::vector<Share> Shares(Wanted->Compilers.size());
    for (unsigned I = 0; I < Shares.size(); ++I)
      Shares[I] = findShare(M, Registered, Leading, I);
    const std::string Image =
        Wanted->Linked ? link(Registered, Foreign, Shares) : compileAll(Shares);
    bool Any = false;
    for (unsigned I = 0; I < Shares.size(); ++I)
      Any |= addShare(M, Registered, Shares[I], I) && Shares[I].Part != 0;
    if (Any)
      replaceImage(M, Registered, Image);
    for (CallInst *It : Foreign)
      forget(It);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }

private:
  /// What one compiler has to do with a module.
  struct Share {
    std::vector<std::pair<const VariantClone *, Copied>> All;
    std::vector<WantedKernel> Asked;
    MadeDeviceCode Made;
    unsigned Part = 0; ///< of the image, where that is the code of several compilers
  };

  /// Registrations of kernels that only copies launch: these are not in the file's own device code.
  SmallVector<CallInst *, 16> findKernelsOfOthers(Module &M, const Registration &Registered) const {
    SmallVector<CallInst *, 16> Foreign;
    if (!Registered.Globals)
      return Foreign;
    const auto Reach = [&](SmallVector<GlobalValue *, 32> Open) {
      SmallPtrSet<GlobalValue *, 32> Reached;
      while (!Open.empty()) {
        GlobalValue *G = Open.pop_back_val();
        if (G == Registered.Globals || !Reached.insert(G).second)
          continue;
        forReferences(*G, [&](GlobalValue &To) { Open.push_back(&To); });
      }
      return Reached;
    };
    SmallVector<GlobalValue *, 32> Own, Kept;
    for (GlobalValue &G : M.global_values())
      if (!G.isDeclaration() && !G.isDiscardableIfUnused() && !Registered.Kernels.contains(&G))
        Own.push_back(&G);
    for (const std::string &It : Wanted->Kept)
      if (Function *F = findFunction(M, It))
        Kept.push_back(F);
    const SmallPtrSet<GlobalValue *, 32> Needed = Reach(Own), OfOthers = Reach(Kept);
    for (Instruction &I : instructions(*Registered.Globals))
      if (CallInst *Call = Registration::kernelCall(I)) {
        GlobalValue *Kernel = Registration::kernelOf(*Call);
        if (OfOthers.contains(Kernel) && !Needed.contains(Kernel))
          Foreign.push_back(Call);
      }
    return Foreign;
  }

  static void forget(CallInst *Call) {
    GlobalValue *Kernel = Registration::kernelOf(*Call);
    if (!Call->use_empty())
      Call->replaceAllUsesWith(Constant::getNullValue(Call->getType()));
    Call->eraseFromParent();
    if (Kernel->hasWeakODRLinkage())
      Kernel->setLinkage(GlobalValue::LinkOnceODRLinkage);
  }

  /// Each compiler makes an image of its own, which the copies register.
  std::string compileAll(std::vector<Share> &Shares) const {
    std::vector<std::thread> Running; // each waits for a compiler's process
    for (unsigned I = 0; I < Shares.size(); ++I) {
      Share &It = Shares[I];
      const OtherCompiler &By = Wanted->Compilers[I];
      if (By.Compiler.isAtRunTime())
        refuseNameless(It);
      else if (!It.Asked.empty())
        Running.emplace_back([&] { It.Made = By.compile(Args, {It.Asked, Wanted->Variables}); });
    }
    for (std::thread &It : Running)
      It.join();
    return {};
  }

  /// One image for all of them, instead of the file's own.
  std::string link(const Registration &Registered, ArrayRef<CallInst *> Foreign,
                   std::vector<Share> &Shares) const {
    SmallPtrSet<GlobalValue *, 16> OfOthers;
    for (const CallInst *It : Foreign)
      OfOthers.insert(Registration::kernelOf(*It));
    std::vector<ImagePart> Parts(1);
    Parts[0].Compiler = Wanted->Own;
    for (const auto &[Kernel, Name] : Registered.Kernels)
      if (!OfOthers.contains(Kernel))
        Parts[0].Wanted.Kernels.push_back(
            {Name, Wanted->Own.Which == DeviceCompiler::Clang ? "" : instantiationOf(Name)});
    for (unsigned I = 0; I < Shares.size(); ++I) {
      if (Wanted->Compilers[I].Compiler.isAtRunTime()) {
        refuseNameless(Shares[I]);
        continue;
      }
      if (Shares[I].Asked.empty())
        continue;
      Shares[I].Part = Parts.size();
      Parts.emplace_back().Compiler = Wanted->Compilers[I].Compiler;
      Parts.back().Wanted.Kernels = Shares[I].Asked;
    }
    if (Parts.size() == 1)
      return {};
    for (ImagePart &It : Parts)
      It.Wanted.Variables = Wanted->Variables;
    MadeDeviceCode Made = linkParts(Args, Parts);
    for (Share &It : Shares)
      if (It.Part != 0) {
        It.Made.Failed = std::move(Parts[It.Part].Failed);
        It.Made.Unavailable = Made.Unavailable;
      }
    return std::move(Made.FatBinary);
  }

  static GlobalVariable *addImage(Module &M, const GlobalVariable *Own, StringRef FatBinary) {
    auto *Bytes = ConstantDataArray::getString(M.getContext(), FatBinary, /*AddNull=*/false);
    auto *Made = new GlobalVariable(M, Bytes->getType(), /*isConstant=*/true,
                                    GlobalValue::PrivateLinkage, Bytes);
    Made->setAlignment(Align(16));
    if (Own && Own->hasSection())
      Made->setSection(Own->getSection());
    return Made;
  }

  static GlobalVariable *imageOf(const Registration &Registered) {
    auto *Wrapper = cast<ConstantStruct>(Registered.Wrapper->getInitializer());
    return dyn_cast<GlobalVariable>(Wrapper->getOperand(2)->stripPointerCasts());
  }

  static void replaceImage(Module &M, const Registration &Registered, StringRef FatBinary) {
    GlobalVariable *Own = imageOf(Registered);
    Own->replaceAllUsesWith(addImage(M, Own, FatBinary));
    Own->eraseFromParent();
  }

  Share findShare(Module &M, const Registration &Registered,
                  const SmallPtrSet<GlobalValue *, 32> &Leading, unsigned Index) const {
    Share Found;
    SetVector<GlobalValue *> Kernels;
    for (const VariantClone &It : Wanted->Variants) {
      if (It.Compiler != Index)
        continue;
      Function *Of = findFunction(M, It.Of);
      Copied What;
      const bool IsKnown = Wanted->Compilers[Index].Compiler.isAtRunTime()
                               ? Registered.Globals != nullptr
                               : Registered.isComplete();
      if (!IsKnown)
        What.Obstacle = "the object registers its device code in a way that is not known";
      else if (!Of || Of->isDeclaration())
        What.Obstacle = "no code was generated of it";
      else
        What = findCopied(*Of, Leading, Registered);
      if (What.Obstacle.empty() && What.Kernels.empty())
        What.Obstacle = "it launches no kernel of this file";
      if (What.Obstacle.empty())
        Kernels.insert(What.Kernels.begin(), What.Kernels.end());
      Found.All.push_back({&It, std::move(What)});
    }
    for (GlobalValue *It : Kernels) {
      const std::string &Name = Registered.Kernels.find(It)->second;
      Found.Asked.push_back({Name, instantiationOf(Name)});
    }
    return Found;
  }

  /// "" of a kernel that is no template's.
  std::string instantiationOf(const std::string &Kernel) const {
    auto Known = Wanted->Kernels.find(Kernel);
    return Known == Wanted->Kernels.end() ? "" : Known->second.Instantiation;
  }

  std::string expressionOf(const std::string &Kernel) const {
    auto Known = Wanted->Kernels.find(Kernel);
    return Known == Wanted->Kernels.end() ? "" : Known->second.Expression;
  }

  /// What can be known now of kernels that are compiled at run time.
  void refuseNameless(Share &To) const {
    for (const WantedKernel &It : To.Asked)
      if (std::string Text = expressionOf(It.Name); StringRef(Text).starts_with("!"))
        To.Made.Failed[It.Name] = Text.substr(1);
  }

  /// Whether anything came of it.
  bool addShare(Module &M, const Registration &Registered, Share &From, unsigned Index) {
    const OtherCompiler &Other = Wanted->Compilers[Index];
    std::vector<const VariantClone *> Good;
    SetVector<GlobalValue *> Values;
    struct Failures {
      unsigned Count = 0, Of = 0;
      std::string First;
      const VariantClone *Clone = nullptr;
    };
    MapVector<unsigned, Failures> ByFactory; // by where its option is
    for (auto &[It, What] : From.All) {
      std::string Why = What.Obstacle.empty() ? From.Made.Unavailable : What.Obstacle;
      for (GlobalValue *Kernel : What.Kernels)
        if (auto Found = From.Made.Failed.find(Registered.Kernels.find(Kernel)->second);
            Why.empty() && Found != From.Made.Failed.end())
          Why = Found->second;
      Failures &Known = ByFactory[It->Loc.getRawEncoding()];
      ++Known.Of;
      if (Why.empty()) {
        Good.push_back(It);
        Values.insert(What.Values.begin(), What.Values.end());
        continue;
      }
      Known.Clone = It;
      if (Known.Count++ == 0)
        Known.First = "'" + It->Config + "': " + Why;
      leaveOut(M, *It, Other.Compiler.text() + ": " + Why);
    }
    for (const auto &[Loc, It] : ByFactory)
      if (It.Count != 0)
        Diags.Report(It.Clone->Loc, clang::diag::warn_fe_backend_plugin)
            << (Twine(It.Count) + " of " + Twine(It.Of) + " variants of '" + It.Clone->Factory +
                "' by " + Other.Compiler.text() + " are left out, such as " + It.First)
                   .str();
    if (Good.empty())
      return false;
    ValueToValueMapTy Map;
    if (!Other.Compiler.isAtRunTime()) {
      copy(M, Registered, Good, Values, From.Part == 0 ? &From.Made : nullptr, Index, Map);
      if (From.Part != 0)
        registerKernels(Registered, Map, kernelSuffix(From.Part));
      return true;
    }
    copy(M, Registered, Good, Values, nullptr, Index, Map);
    const RunTimeCode Code(M, Wanted->Source, Other.Compiler.Options);
    for (auto &[It, What] : From.All) {
      if (!is_contained(Good, It))
        continue;
      std::vector<RunTimeKernel> Kernels;
      for (GlobalValue *Kernel : What.Kernels) {
        const std::string &Name = Registered.Kernels.find(Kernel)->second;
        Kernels.push_back({cast<GlobalValue>(Map.lookup(Kernel)), expressionOf(Name), Name});
      }
      Code.describe(*findFunction(M, It->Symbol), Kernels);
    }
    return true;
  }

  /// Registers copies of kernels' addresses with the file's own device code, in which these have
  /// the kernels' names and a suffix.
  static void registerKernels(const Registration &Registered, ValueToValueMapTy &Map,
                              const std::string &Suffix) {
    SmallVector<CallInst *, 32> Calls;
    for (Instruction &I : instructions(*Registered.Globals))
      if (CallInst *Call = Registration::kernelCall(I))
        Calls.push_back(Call);
    for (CallInst *Call : Calls) {
      GlobalValue *Kernel = Registration::kernelOf(*Call);
      Value *Made = Map.lookup(Kernel);
      if (!Made)
        continue;
      IRBuilder<> B(Call);
      Value *Name = B.CreateGlobalString(Registered.Kernels.find(Kernel)->second + Suffix);
      auto *Added = cast<CallInst>(Call->clone());
      Added->setArgOperand(1, Made);
      Added->setArgOperand(2, Name);
      Added->setArgOperand(3, Name);
      B.Insert(Added);
    }
  }

  static Function *findFunction(Module &M, StringRef Symbol) {
    if (Function *F = M.getFunction(Symbol))
      return F;
    return M.getFunction(("\01" + Symbol).str());
  }

  /// The function that the tables refer to, without a body.
  static Function *declare(Module &M, const VariantClone &It, FunctionType *Type) {
    Function *F = findFunction(M, It.Symbol);
    if (!F)
      F = Function::Create(Type, GlobalValue::ExternalLinkage, It.Symbol, M);
    return F;
  }

  /// The linker keeps one of several files' copies. Weak, since another file's tables may refer to
  /// it.
  static void place(Module &M, Function &F, bool Shared) {
    if (!Shared) {
      F.setVisibility(GlobalValue::DefaultVisibility);
      F.setLinkage(GlobalValue::InternalLinkage);
      F.setDSOLocal(true);
      return;
    }
    F.setLinkage(GlobalValue::WeakODRLinkage);
    F.setComdat(M.getOrInsertComdat(F.getName()));
  }

  /// A body that is never reached, and a word to the runtime, as tl/detail/absent.h has it.
  static void leaveOut(Module &M, const VariantClone &It, const std::string &Why) {
    LLVMContext &C = M.getContext();
    auto *Nothing = FunctionType::get(Type::getVoidTy(C), false);
    Function *F = declare(M, It, Nothing);
    IRBuilder<> B(BasicBlock::Create(C, "", F));
    B.CreateCall(M.getOrInsertFunction("abort", Nothing));
    B.CreateUnreachable();
    place(M, *F, It.Shared);

    auto *Pointer = PointerType::getUnqual(C);
    FunctionCallee Absent = M.getOrInsertFunction(
        "tl_rt_absent", FunctionType::get(Type::getVoidTy(C), {Pointer, Pointer}, false));
    auto *Callee = cast<Function>(Absent.getCallee());
    if (Callee->isDeclaration())
      Callee->setLinkage(GlobalValue::ExternalWeakLinkage);
    auto Tell = [&](const Twine &Name, Value *Text) {
      Function *Teller =
          Function::Create(Nothing, GlobalValue::InternalLinkage, Name + It.Symbol, M);
      BasicBlock *Begin = BasicBlock::Create(C, "", Teller);
      BasicBlock *There = BasicBlock::Create(C, "", Teller);
      BasicBlock *End = BasicBlock::Create(C, "", Teller);
      IRBuilder<> Builder(Begin);
      Builder.CreateCondBr(Builder.CreateIsNotNull(Callee), There, End);
      Builder.SetInsertPoint(There);
      Builder.CreateCall(Absent, {F, Text});
      Builder.CreateBr(End);
      Builder.SetInsertPoint(End);
      Builder.CreateRetVoid();
      return Teller;
    };
    auto *Bytes = ConstantDataArray::getString(C, "did not compile and was left out: " + Why);
    auto *Text = new GlobalVariable(M, Bytes->getType(), /*isConstant=*/true,
                                    GlobalValue::PrivateLinkage, Bytes);
    appendToGlobalCtors(M, Tell("__tl_absent_", Text), 65535);
    appendToGlobalDtors(M, Tell("__tl_present_", ConstantPointerNull::get(Pointer)), 65535);
  }

  static GlobalVariable *copyVariable(Module &M, const GlobalVariable &Of, const Twine &Suffix) {
    auto *Made = new GlobalVariable(M, Of.getValueType(), Of.isConstant(),
                                    GlobalValue::InternalLinkage, nullptr, Of.getName() + Suffix,
                                    nullptr, Of.getThreadLocalMode(), Of.getAddressSpace());
    Made->setAlignment(Of.getAlign());
    Made->setUnnamedAddr(Of.getUnnamedAddr());
    if (Of.hasSection())
      Made->setSection(Of.getSection());
    Made->setDSOLocal(true);
    return Made;
  }

  /// Makes the good ones, and registers their kernels with `Made`, an image of their own, if they
  /// have one.
  void copy(Module &M, const Registration &Registered, ArrayRef<const VariantClone *> Good,
            const SetVector<GlobalValue *> &Values, const MadeDeviceCode *Made, unsigned Index,
            ValueToValueMapTy &Map) {
    const std::string Suffix = ".tl_by_" + std::to_string(Index);
    SmallVector<std::pair<Function *, Function *>, 32> Functions;
    SmallVector<std::pair<GlobalVariable *, GlobalVariable *>, 8> Variables;

    // What stands for itself: the variants under the names that the tables have for them.
    DenseMap<Function *, const VariantClone *> Entries;
    for (const VariantClone *It : Good)
      Entries[findFunction(M, It->Of)] = It;
    auto addFunction = [&](Function *F) {
      const VariantClone *Entry = Entries.lookup(F);
      Function *New = Entry ? declare(M, *Entry, F->getFunctionType())
                            : Function::Create(F->getFunctionType(), GlobalValue::InternalLinkage,
                                               F->getAddressSpace(), F->getName() + Suffix, &M);
      New->copyAttributesFrom(F);
      place(M, *New, Entry && Entry->Shared);
      Map[F] = New;
      Functions.push_back({F, New});
    };
    auto addVariable = [&](GlobalVariable *V) {
      GlobalVariable *New = copyVariable(M, *V, Suffix);
      Map[V] = New;
      Variables.push_back({V, New});
    };
    for (GlobalValue *It : Values) {
      if (auto *F = dyn_cast<Function>(It))
        addFunction(F);
      else if (auto *V = dyn_cast<GlobalVariable>(It))
        addVariable(V);
    }
    for (GlobalValue *It : Values)
      if (auto *A = dyn_cast<GlobalAlias>(It))
        if (Value *Target = Map.lookup(A->getAliaseeObject()))
          Map[A] = Target;

    // The registration, with other device code.
    if (Made) {
      for (Function &F : M)
        if (F.getName().starts_with("__cuda_module_ctor") ||
            F.getName().starts_with("__cuda_module_dtor") || &F == Registered.Globals)
          if (!F.isDeclaration() && !F.getName().contains(".tl_by_"))
            addFunction(&F);
      addVariable(Registered.Handle);
      if (GlobalVariable *Own = imageOf(Registered))
        Map[Own] = addImage(M, Own, Made->FatBinary);
      addVariable(Registered.Wrapper);
    }

    for (auto &[Old, New] : Variables)
      if (Old->hasInitializer())
        New->setInitializer(MapValue(Old->getInitializer(), Map));
    for (auto &[Old, New] : Functions) {
      auto To = New->arg_begin();
      for (Argument &From : Old->args()) {
        To->setName(From.getName());
        Map[&From] = &*To++;
      }
      SmallVector<ReturnInst *, 8> Returns;
      CloneFunctionInto(New, Old, Map, CloneFunctionChangeType::GlobalChanges, Returns);
      // Locations of one function that stand in two of them bring the code generator down.
      stripDebugInfo(*New);
    }
    if (!Made)
      return;
    // What was not copied stays registered with the file's own device code.
    auto *Globals = cast<Function>(Map.lookup(Registered.Globals));
    SmallPtrSet<const Value *, 16> Copies;
    for (auto &[Old, New] : Functions)
      Copies.insert(New);
    SmallVector<CallInst *, 16> Foreign;
    for (Instruction &I : instructions(*Globals))
      if (auto *Call = dyn_cast<CallInst>(&I)) {
        CallInst *Kernel = Registration::kernelCall(I);
        if (!Kernel || !Copies.contains(Kernel->getArgOperand(1)->stripPointerCasts()))
          Foreign.push_back(Call);
      }
    for (CallInst *Call : Foreign) {
      if (!Call->use_empty())
        Call->replaceAllUsesWith(Constant::getNullValue(Call->getType()));
      Call->eraseFromParent();
    }
    appendToGlobalCtors(M, cast<Function>(Map.lookup(Registered.Constructor)), 65535);
  }

  std::shared_ptr<VariantClones> Wanted;
  Arguments Args;
  clang::DiagnosticsEngine &Diags;
};

} // namespace

std::shared_ptr<VariantClones> makeVariantsOfOthers(clang::CompilerInstance &CI,
                                                    const Arguments &Args) {
  auto Wanted = std::make_shared<VariantClones>();
  CI.getCodeGenOpts().PassBuilderCallbacks.push_back(
      [Wanted, Args, &Diags = CI.getDiagnostics()](PassBuilder &PB) {
        PB.registerPipelineStartEPCallback([=, &Diags](ModulePassManager &Passes, auto) {
          Passes.addPass(VariantClonesPass(Wanted, Args, Diags));
        });
      });
  return Wanted;
}

} // namespace tlplugin
