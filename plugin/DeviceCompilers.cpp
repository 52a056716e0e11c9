// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceCompilers.h"
#include "plugin/DeviceVariables.h"
#include "plugin/Diagnostics.h"
#include "plugin/Kernels.h"
#include "plugin/KeywordTable.h"
#include "plugin/OptionValues.h"
#include "plugin/Options.h"
#include "plugin/OtherCompiler.h"
#include "plugin/ReachedState.h"
#include "plugin/RunTimeSource.h"
#include "plugin/VariantClones.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace tlplugin {

static DeviceCompiler ownCompiler(const Session &T) {
  DeviceCompiler Own;
  Own.Which = T.Args.DeviceCompiler.empty() ? DeviceCompiler::Clang : DeviceCompiler::Nvcc;
  return Own;
}

// --- The option ----------------------------------------------------------------------------------

/// Options stand in the config's text, of which commas and brackets have a meaning.
static bool isPlain(llvm::StringRef Options) {
  return llvm::all_of(Options, [](char C) {
    return llvm::isAlnum(C) || llvm::StringRef(" -_=.,+/:@%").contains(C);
  });
}

static std::optional<DeviceCompiler> readCompiler(Session &T, const Option &O, const APValue &V) {
  DeviceCompiler Made;
  // tl::device_compiler: which, options
  if (!V.isStruct() || V.getStructNumFields() != 2)
    return std::nullopt;
  Made.Which = static_cast<DeviceCompiler::Kind>(V.getStructField(0).getInt().getZExtValue());
  const APValue &Pointer = V.getStructField(1);
  const auto *Base =
      Pointer.isLValue() ? Pointer.getLValueBase().dyn_cast<const Expr *>() : nullptr;
  const auto *Text = Base ? dyn_cast<StringLiteral>(Base->IgnoreParenImpCasts()) : nullptr;
  if (!Text || !Text->isOrdinary() || !Pointer.getLValueOffset().isZero()) {
    error(T.S, O.Value->getExprLoc(),
          "option 'compilers': the options of a compiler are to be a string literal")
        << O.Value->getSourceRange();
    return std::nullopt;
  }
  llvm::SmallVector<llvm::StringRef, 8> Words;
  Text->getString().split(Words, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  Made.Options = llvm::join(Words, " ");
  if (!isPlain(Made.Options)) {
    error(T.S, O.Value->getExprLoc(),
          "option 'compilers': the compiler's options \"%0\" have characters other than letters, "
          "digits, spaces and \"-_=.,+/:@%%\"")
        << Made.Options << O.Value->getSourceRange();
    return std::nullopt;
  }
  return Made;
}

/// False after an error was reported.
static bool isForThisLanguage(Session &T, const Option &O, const DeviceCompiler &It) {
  const bool IsHip = T.S.getLangOpts().HIP;
  if (It.Which == DeviceCompiler::Clang) {
    if (!IsHip || It.Options.empty())
      return true;
    error(T.S, O.Value->getExprLoc(),
          "option 'compilers' has '%0', and options of Clang's own for some variants are there for "
          "CUDA only; in HIP they are the command's, or HIPRTC's: tl::hiprtc(\"%1\")")
        << It.text() << It.Options << O.Value->getSourceRange();
    return false;
  }
  if ((It.Which == DeviceCompiler::Hiprtc) == IsHip)
    return true;
  error(T.S, O.Value->getExprLoc(),
        "option 'compilers' has '%0', which makes code for %select{NVIDIA's|AMD's}1 devices, and "
        "this file is compiled as %select{CUDA|HIP}2")
      << It.text() << !IsHip << IsHip << O.Value->getSourceRange();
  return false;
}

bool readCompilers(Session &T, Factory &F) {
  const Option *O = findOption(F, "compilers");
  if (!O)
    return true;
  SourceLocation Loc = O->Value->getExprLoc();
  if (!T.S.getLangOpts().CUDA) {
    error(T.S, Loc,
          "option 'compilers' chooses who makes device code, and this file is compiled as C++")
        << O->Value->getSourceRange();
    return false;
  }
  if (T.S.getLangOpts().GPURelocatableDeviceCode) {
    error(T.S, Loc, "option 'compilers' needs device code that is not linked later (-fgpu-rdc)")
        << O->Value->getSourceRange();
    return false;
  }
  // The copies are made by a pass, of what is known in this process only.
  if (!T.isDevicePass() && T.Args.Compiler->getCodeGenOpts().DisableLLVMPasses) {
    error(
        T.S, Loc,
        "option 'compilers' needs code generation and optimisation in one step, which -save-temps "
        "and -disable-llvm-passes keep apart")
        << O->Value->getSourceRange();
    return false;
  }
  if (O->Whole->isInstantiationDependent()) {
    error(T.S, Loc, "option 'compilers' cannot depend on template parameters")
        << O->Value->getSourceRange();
    return false;
  }
  APValue V;
  if (!evaluateOption(T, *O, V))
    return false;
  const APValue &List = V.getStructField(0); // of the std::array
  for (unsigned I = 0; I < List.getArraySize(); ++I) {
    std::optional<DeviceCompiler> It = readCompiler(T, *O, List.getArrayInitializedElt(I));
    if (!It || !isForThisLanguage(T, *O, *It))
      return false;
    if (llvm::is_contained(F.Compilers, *It)) {
      error(T.S, Loc, "option 'compilers' has '%0' twice")
          << It->text() << O->Value->getSourceRange();
      return false;
    }
    F.Compilers.push_back(std::move(*It));
  }
  // There has to be a default config that runs wherever the program does.
  F.OnlyAtRunTime = llvm::all_of(F.Compilers, [](const auto &It) { return It.isAtRunTime(); });
  if (F.OnlyAtRunTime) {
    F.Compilers.insert(F.Compilers.begin(), ownCompiler(T));
  } else if (F.Compilers.front().isAtRunTime()) {
    error(T.S, Loc,
          "option 'compilers' begins with '%0', which makes code at run time only; the first one's "
          "default config has to be there before")
        << F.Compilers.front().text() << O->Value->getSourceRange();
    return false;
  }
  return true;
}

std::string DeviceCompiler::name() const {
  static constexpr const char *Names[] = {"clang", "nvcc", "nvrtc", "hiprtc"};
  return Names[Which];
}

std::string DeviceCompiler::text() const {
  const std::string Text = name();
  return Options.empty() ? Text : Text + "(" + Options + ")";
}

// --- Variants ------------------------------------------------------------------------------------

void multiplyByCompilers(const Factory &F, VariantList &List) {
  if (F.Compilers.empty())
    return;
  std::vector<Variant> All;
  const auto Add = [&](const Variant &V, unsigned Compiler) {
    All.push_back(V);
    All.back().Compiler = Compiler;
    All.back().Text += (V.Text.empty() ? "" : ",") + ("compiler=" + F.Compilers[Compiler].text());
  };
  for (unsigned I = 0; I < F.Compilers.size(); ++I) {
    if (I == 0 && F.OnlyAtRunTime) {
      Add(List.Variants[List.Default], I);
      continue;
    }
    for (const Variant &V : List.Variants)
      Add(V, I);
  }
  if (F.OnlyAtRunTime)
    List.Default = 0;
  List.Variants = std::move(All);
}

/// Whether it is the command's own compiler, with nothing added.
static bool isOwn(const Session &T, const DeviceCompiler &It) { return It == ownCompiler(T); }

bool isOwnCode(const Session &T, const Factory &F, const Variant &V) {
  return !F.Compilers.empty() && isOwn(T, F.Compilers[V.Compiler]);
}

llvm::DenseSet<const FunctionDecl *> findUnwanted(const Session &T, const Factory &F,
                                                  const VariantList &List) {
  llvm::DenseSet<const FunctionDecl *> Unwanted;
  if (F.Compilers.empty() || (!T.isDevicePass() && T.Args.Kernels.empty()))
    return Unwanted;
  const std::string By = T.Args.KernelsBy.empty() ? ownCompiler(T).text() : T.Args.KernelsBy;
  for (const Variant &V : List.Variants)
    Unwanted.insert(V.Function);
  for (const Variant &V : List.Variants)
    if (F.Compilers[V.Compiler].text() == By)
      Unwanted.erase(V.Function);
  return Unwanted;
}

/// Its place in the list that code generation has.
static unsigned indexOf(Session &T, const DeviceCompiler &It) {
  std::vector<OtherCompiler> &All = T.Args.Clones->Compilers;
  for (unsigned I = 0; I < All.size(); ++I)
    if (All[I].Compiler == It)
      return I;
  All.emplace_back(It);
  return All.size() - 1;
}

/// A function of V's type that only code generation defines.
static FunctionDecl *declareClone(Session &T, const Variant &V, llvm::StringRef Symbol) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = V.Function->getLocation();
  auto *FD = FunctionDecl::Create(
      C, C.getTranslationUnitDecl(), Loc, Loc, DeclarationName(&C.Idents.get(Symbol)),
      V.Function->getType(), C.getTrivialTypeSourceInfo(V.Function->getType(), Loc), SC_Extern);
  llvm::SmallVector<ParmVarDecl *, 8> Params;
  for (const ParmVarDecl *P : V.Function->parameters())
    Params.push_back(ParmVarDecl::Create(C, FD, Loc, Loc, P->getIdentifier(), P->getType(),
                                         C.getTrivialTypeSourceInfo(P->getType(), Loc), SC_None,
                                         nullptr));
  FD->setParams(Params);
  FD->setImplicit();
  FD->addAttr(AsmLabelAttr::CreateImplicit(C, Symbol));
  FD->addAttr(CUDAHostAttr::CreateImplicit(C));
  if (const auto *Visible = V.Function->getAttr<VisibilityAttr>())
    FD->addAttr(Visible->clone(C));
  FD->setReferenced();
  T.Generated.insert(FD);
  return FD;
}

/// Has code generated of a function that only copies are made of. Whether it would not be
/// otherwise.
static bool keepForCopies(Session &T, const Variant &V) {
  FunctionDecl *FD = V.Function->getDefinition();
  if (!FD || FD->hasAttr<UsedAttr>())
    return false;
  FD->addAttr(UsedAttr::CreateImplicit(T.S.Context));
  T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(FD));
  return true;
}

/// Of V's function, and of its copy for a compiler.
static std::pair<std::string, std::string> symbolOf(MangleContext &Mangler, const Variant &V,
                                                    const DeviceCompiler &By) {
  std::string Of;
  llvm::raw_string_ostream OS(Of);
  Mangler.mangleName(GlobalDecl(V.Function), OS);
  if (const auto *Label = V.Function->getAttr<AsmLabelAttr>())
    Of = Label->getLabel().str();
  std::string Symbol = Of + ".by_" + By.name();
  if (!By.Options.empty())
    Symbol += "_" + llvm::utohexstr(llvm::xxh3_64bits(By.Options), /*LowerCase=*/true);
  return {Of, Symbol};
}

void declareClones(Session &T, const Dispatcher &D, VariantList &List) {
  const Factory &F = *D.Source;
  if (F.Compilers.empty())
    return;
  std::unique_ptr<MangleContext> Mangler(T.S.Context.createMangleContext());
  if (T.isDevicePass() || !T.Args.Kernels.empty()) {
    const llvm::DenseSet<const FunctionDecl *> Unwanted = findUnwanted(T, F, List);
    for (Variant &V : List.Variants)
      if (Unwanted.contains(V.Function))
        V.Clone = declareClone(T, V, symbolOf(*Mangler, V, F.Compilers[V.Compiler]).second);
    return;
  }
  llvm::DenseSet<const FunctionDecl *> Referred; // by tables, or kept already
  for (const Variant &V : List.Variants)
    if (isOwn(T, F.Compilers[V.Compiler]))
      Referred.insert(V.Function);
  for (Variant &V : List.Variants) {
    const DeviceCompiler &By = F.Compilers[V.Compiler];
    if (V.LeftOut || isOwn(T, By))
      continue;
    auto [Of, Symbol] = symbolOf(*Mangler, V, By);
    V.Clone = declareClone(T, V, Symbol);
    if (V.Elsewhere)
      continue;
    if (Referred.insert(V.Function).second && keepForCopies(T, V))
      T.Args.Clones->Kept.push_back(Of);
    T.Args.Clones->Variants.push_back(
        {Symbol, Of, indexOf(T, By), V.Function->isExternallyVisible(), V.Text,
         F.Template->getNameAsString(), findOption(F, "compilers")->Value->getExprLoc()});
  }
}

std::vector<std::string> describeCompilers(Session &T, const Factory &F) {
  std::vector<std::string> Lines;
  for (const DeviceCompiler &It : F.Compilers) {
    if (isOwn(T, It) || It.isAtRunTime()) {
      Lines.push_back("flag compiler " + It.text());
      if (It.isAtRunTime())
        for (std::string &Skipped : describeSkipped(T))
          if (!llvm::is_contained(Lines, Skipped))
            Lines.push_back(std::move(Skipped));
      continue;
    }
    OtherCompiler &Other = T.Args.Clones->Compilers[indexOf(T, It)];
    Lines.push_back("flag compiler " + It.text() + ": " + Other.identity(T.Args));
  }
  return Lines;
}

bool checkCompilers(Session &T, const Dispatcher &D) {
  if (D.Source->Compilers.empty())
    return true;
  SourceLocation Loc = findOption(*D.Source, "compilers")->Value->getExprLoc();
  const std::vector<DeviceCompiler> &All = D.Source->Compilers;
  const auto Late = llvm::find_if(All, [](const auto &By) { return By.isAtRunTime(); });
  for (const ReachedVariable &It : findReachedState(T, D, {}, /*AllOnDevice=*/true)) {
    const bool IsManaged = It.Var->hasAttr<HIPManagedAttr>();
    if (!It.Var->hasAttr<CUDADeviceAttr>() && !It.Var->hasAttr<CUDAConstantAttr>() && !IsManaged)
      continue;
    if (Late == All.end() && !IsManaged) {
      if (T.Args.Clones)
        T.Args.Clones->Linked = true;
      continue;
    }
    error(T.S, Loc,
          "%0 uses the device's variable %1, of which the code of %2 would have a copy of its own; "
          "with that compiler it needs to be an argument (an address)")
        << D.Source->Template << It.Var << (Late == All.end() ? All.back() : *Late).text();
    note(T.S, It.Var->getLocation(), "variable declared here");
    return false;
  }
  return true;
}

void finishClones(Session &T) {
  if (!T.Args.Clones || T.Args.Clones->Variants.empty())
    return;
  for (const FunctionDecl *FD : T.Kernels)
    T.Args.Clones->Kernels[kernelName(T.S.Context, FD)] = {kernelInstantiation(T.S.Context, FD),
                                                           kernelExpression(T.S.Context, FD)};
  T.Args.Clones->Own = ownCompiler(T);
  T.Args.Clones->Variables = nameDeviceVariables(T.S.Context);
  for (const OtherCompiler &It : T.Args.Clones->Compilers)
    if (It.Compiler.isAtRunTime() && T.Args.Clones->Source.Text.empty())
      T.Args.Clones->Source = readRunTimeSource(T);
}

} // namespace tlplugin
