// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/RunTimeCode.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <tl/abi.h>

using namespace llvm;

namespace tlplugin {

Constant *RunTimeCode::text(StringRef Text) const {
  Constant *Bytes = ConstantDataArray::getString(M.getContext(), Text);
  return new GlobalVariable(M, Bytes->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage,
                            Bytes);
}

Constant *RunTimeCode::constant(ArrayRef<Constant *> Fields) const {
  Constant *Value = ConstantStruct::getAnon(Fields);
  return new GlobalVariable(M, Value->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage,
                            Value);
}

/// As every structure of <tl/abi.h> begins: its size, and how many of something there are.
static Constant *number(LLVMContext &C, std::uint64_t Value) {
  return ConstantInt::get(Type::getInt32Ty(C), Value);
}

RunTimeCode::RunTimeCode(Module &InM, const RunTimeSource &From, StringRef Options) : M(InM) {
  LLVMContext &C = M.getContext();
  SmallVector<Constant *, 16> Headers;
  for (const auto &[Name, Text] : From.Headers)
    Headers.append({text(Name), text(Text)});
  std::string Lines = From.Options;
  SmallVector<StringRef, 8> Own;
  Options.split(Own, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef It : Own)
    Lines += "\n" + It.str();
  auto *Pointer = PointerType::getUnqual(C);
  const auto Registrar = [&](StringRef Name) -> Constant * {
    // Declared with its type where the file's own device code is registered.
    FunctionCallee Callee =
        M.getOrInsertFunction((Twine(From.IsHip ? "__hip" : "__cuda") + Name).str(),
                              FunctionType::get(Type::getVoidTy(C), {Pointer}, /*isVarArg=*/false));
    return cast<Constant>(Callee.getCallee());
  };
  constexpr unsigned Pointers = 9;
  const unsigned Size = 4 * sizeof(std::uint32_t) + Pointers * M.getDataLayout().getPointerSize();
  const unsigned Compiler = From.IsHip ? TL_RTC_HIPRTC : TL_RTC_NVRTC;
  Source =
      constant({number(C, Size), number(C, From.Headers.size()), text(From.Name), text(From.Text),
                constant(Headers), text(Lines), text(From.Toolkit), Registrar("RegisterFatBinary"),
                Registrar("RegisterFunction"),
                From.IsHip ? ConstantPointerNull::get(Pointer) : Registrar("RegisterFatBinaryEnd"),
                Registrar("UnregisterFatBinary"), number(C, Compiler), number(C, 0)});
}

void RunTimeCode::describe(Function &Variant, ArrayRef<RunTimeKernel> Kernels) const {
  LLVMContext &C = M.getContext();
  auto *Pointer = PointerType::getUnqual(C);
  auto *Nothing = FunctionType::get(Type::getVoidTy(C), false);
  // Of several files' variants of one name the linker keeps one, with what is in its group.
  Comdat *Group = Variant.getComdat();
  const auto Keep = [&](GlobalVariable *It) {
    if (Group)
      It->setComdat(Group);
    It->setLinkage(GlobalValue::InternalLinkage);
    return It;
  };
  SmallVector<Constant *, 12> Rows;
  for (const RunTimeKernel &It : Kernels)
    Rows.append({It.Stub, text(It.Expression), text(It.Name)});
  constexpr unsigned Pointers = 3;
  const unsigned Size = 2 * sizeof(std::uint32_t) + Pointers * M.getDataLayout().getPointerSize();
  auto *Record =
      Keep(cast<GlobalVariable>(constant({number(C, Size), number(C, Kernels.size()), &Variant,
                                          Keep(cast<GlobalVariable>(constant(Rows))), Source})));

  FunctionCallee Tell = M.getOrInsertFunction(
      "tl_rt_rtc",
      FunctionType::get(Type::getVoidTy(C), {Pointer, Type::getInt32Ty(C)}, /*isVarArg=*/false));
  auto *Callee = cast<Function>(Tell.getCallee());
  const auto Teller = [&](const Twine &Name, unsigned There, Function *AtExit) {
    Function *F =
        Function::Create(Nothing, GlobalValue::InternalLinkage, Name + Variant.getName(), M);
    IRBuilder<> B(BasicBlock::Create(C, "", F));
    B.CreateCall(Callee, {Record, number(C, There)});
    // As Clang's own code does it: before the CUDA runtime has gone, and when a library is closed.
    if (AtExit)
      B.CreateCall(M.getOrInsertFunction("atexit", FunctionType::get(Type::getInt32Ty(C), {Pointer},
                                                                     /*isVarArg=*/false)),
                   {AtExit});
    B.CreateRetVoid();
    if (Group)
      F->setComdat(Group);
    return F;
  };
  Function *End = Teller("__tl_no_rtc_", 0, nullptr);
  appendToGlobalCtors(M, Teller("__tl_rtc_", 1, End), 65535, Group ? &Variant : nullptr);
}

} // namespace tlplugin
