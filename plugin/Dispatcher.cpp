// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Dispatcher.h"
#include "plugin/Absent.h"
#include "plugin/Baked.h"
#include "plugin/ClangCompat.h"
#include "plugin/CodeBuilder.h"
#include "plugin/ConfigMarks.h"
#include "plugin/ConfigSpace.h"
#include "plugin/Descriptor.h"
#include "plugin/DeviceCompilers.h"
#include "plugin/Diagnostics.h"
#include "plugin/Dump.h"
#include "plugin/Fingerprint.h"
#include "plugin/KeywordTable.h"
#include "plugin/Lookup.h"
#include "plugin/NeverEligible.h"
#include "plugin/OnDemand.h"
#include "plugin/OptionValues.h"
#include "plugin/ParameterRows.h"
#include "plugin/ProblemKey.h"
#include "plugin/ReachedState.h"
#include "plugin/Shards.h"
#include "plugin/Tunables.h"
#include "plugin/Variants.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Mangle.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace tlplugin {

static std::string mangle(ASTContext &C, const FunctionDecl *FD) {
  std::string Name;
  llvm::raw_string_ostream OS(Name);
  std::unique_ptr<MangleContext> Mangler(C.createMangleContext());
  Mangler->mangleName(GlobalDecl(FD), OS);
  return Name;
}

static std::string hashText(llvm::StringRef Text) {
  return llvm::utohexstr(llvm::xxh3_64bits(Text), /*LowerCase=*/true, /*Width=*/16);
}

/// A dispatcher returns what its variant does, as far as Clang can tell.
static QualType mayReturn(ASTContext &C, const FunctionDecl *FD) {
  const auto *Type = FD->getType()->castAs<FunctionType>();
  return QualType(C.adjustFunctionType(Type, Type->getExtInfo().withNoReturn(false)), 0);
}

/// A factory that only this file can see has generated code of its own in each file.
static StorageClass storageOf(const Dispatcher &D) {
  return D.Default->isExternallyVisible() ? SC_None : SC_Static;
}

template <class Generated> static void addToUnit(Session &T, Generated *Made) {
  Made->setImplicit();
  // The same in the module of the factory and in those who import it: it is no module's own.
  Made->setModuleOwnershipKind(Decl::ModuleOwnershipKind::Unowned);
  Made->setReferenced();
  Made->markUsed(T.S.Context);
  T.S.Context.getTranslationUnitDecl()->addDecl(Made);
  T.Generated.insert(Made);
}

static FunctionDecl *declareFunction(Session &T, const Dispatcher &D, const llvm::Twine &Prefix,
                                     QualType Type, StorageClass Storage) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->Template->getLocation();
  IdentifierInfo &Name = C.Idents.get((Prefix + D.Suffix).str());
  auto *FD = FunctionDecl::Create(C, C.getTranslationUnitDecl(), Loc, Loc, DeclarationName(&Name),
                                  Type, C.getTrivialTypeSourceInfo(Type, Loc), Storage,
                                  /*UsesFPIntrin=*/false, /*isInlineSpecified=*/true,
                                  /*hasWrittenPrototype=*/true);
  FD->setImplicitlyInline();
  // CUDA takes what is implicit for device code as well.
  if (isGpu(T))
    FD->addAttr(CUDAHostAttr::CreateImplicit(C));
  addToUnit(T, FD);
  return FD;
}

FunctionDecl *declareHelper(Session &T, const Dispatcher &D, const llvm::Twine &Prefix,
                            QualType Type) {
  return declareFunction(T, D, Prefix, Type, storageOf(D));
}

/// The factory's parameters, each of the type that `TypeOf` makes of its own.
template <class Callback>
static void declareParameters(Session &T, const Dispatcher &D, FunctionDecl *FD, Callback TypeOf) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = FD->getLocation();
  llvm::SmallVector<ParmVarDecl *, 8> Params;
  for (const ParmVarDecl *From : D.Default->parameters()) {
    QualType Type = TypeOf(From->getType().getUnqualifiedType());
    auto *P = ParmVarDecl::Create(C, FD, Loc, Loc, From->getIdentifier(), Type,
                                  C.getTrivialTypeSourceInfo(Type, Loc), SC_None, nullptr);
    P->setScopeInfo(0, Params.size());
    Params.push_back(P);
  }
  FD->setParams(Params);
}

/// A variable of the whole program, all zeros.
static VarDecl *declareVariable(Session &T, const Dispatcher &D, llvm::StringRef Prefix,
                                QualType Type, ThreadStorageClassSpecifier Thread) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->Template->getLocation();
  IdentifierInfo &Name = C.Idents.get((Prefix + D.Suffix).str());
  auto *Var = VarDecl::Create(C, C.getTranslationUnitDecl(), Loc, Loc, &Name, Type,
                              C.getTrivialTypeSourceInfo(Type, Loc), storageOf(D));
  Var->setTSCSpec(Thread);
  Var->setInlineSpecified();
  addToUnit(T, Var);
  T.S.ActOnUninitializedDecl(Var);
  T.S.FinalizeDeclaration(Var);
  return Var;
}

/// How a parameter is handed on to another function: a number or pointer as it is, so that it need
/// not be in memory before that function asks for it.
static QualType passedOn(Session &T, QualType Type, SourceLocation Loc) {
  return Type->isScalarType()
             ? Type
             : T.S.BuildReferenceType(Type, /*LValueRef=*/false, Loc, DeclarationName());
}

/// Whether a variant may say in the middle of a call that it is infeasible, and the call can be
/// made once more.
static bool mayHaveToRepeat(Session &T, const Dispatcher &D, CodeBuilder &B) {
  return D.MayBeInfeasible && T.S.getLangOpts().CXXExceptions &&
         llvm::all_of(D.Default->parameters(),
                      [&](const ParmVarDecl *P) { return isCopyable(B, P->getType()); });
}

/// `reinterpret_cast<R (*)(Args...)>(Function)(args...)`
static Expr *callVariant(Session &T, const Dispatcher &D, CodeBuilder &B, Expr *Function) {
  if (mayHaveToRepeat(T, D, B)) {
    llvm::SmallVector<TemplateArgument, 8> TemplateArgs{
        TemplateArgument(getDetailType(T, "infeasible_type", B.getLocation())),
        TemplateArgument(D.Default->getReturnType())};
    llvm::SmallVector<Expr *, 8> Args{B.reference(D.Describe), Function};
    for (const ParmVarDecl *P : D.Default->parameters())
      TemplateArgs.push_back(TemplateArgument(P->getType().getUnqualifiedType()));
    Args.append(B.forwardAll());
    return B.call("call_feasible", TemplateArgs, Args);
  }
  QualType Pointer = T.S.Context.getPointerType(getSignature(T, D.Default));
  llvm::SmallVector<Expr *, 8> Args = B.forwardAll();
  return B.call(B.cast(tok::kw_reinterpret_cast, Pointer, Function), Args);
}

/// The function behind the fast path, which asks the runtime: the arguments' addresses and a call.
static bool defineSelect(Session &T, Dispatcher &D) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->Template->getLocation();
  auto Passed = [&](QualType Type) { return passedOn(T, Type, Loc); };
  llvm::SmallVector<QualType, 8> Types;
  for (const ParmVarDecl *P : D.Default->parameters())
    Types.push_back(Passed(P->getType().getUnqualifiedType()));
  QualType Type =
      C.getFunctionType(D.Default->getReturnType(), Types, FunctionProtoType::ExtProtoInfo());
  D.Select = declareFunction(T, D, "__tl_select_", Type, storageOf(D));
  declareParameters(T, D, D.Select, Passed);
  D.Select->addAttr(NoInlineAttr::CreateImplicit(C));
  D.Select->addAttr(ColdAttr::CreateImplicit(C));
  D.Select->addAttr(MinSizeAttr::CreateImplicit(C));

  CodeBuilder B(T, D, D.Select);
  llvm::SmallVector<Expr *, 8> Addresses;
  for (ParmVarDecl *P : D.Select->parameters())
    Addresses.push_back(B.untypedAddressOf(B.reference(P)));
  Addresses.push_back(B.null());
  QualType Array = C.getConstantArrayType(C.VoidPtrTy, llvm::APInt(64, Addresses.size()), nullptr,
                                          ArraySizeModifier::Normal, 0);
  Expr *Arguments = B.variable("arguments", Array, T.S.BuildInitList(Loc, Addresses, Loc).get());
  Expr *Args[] = {B.call(B.reference(D.Describe), {}), Arguments,
                  B.addressOf(B.member(B.reference(D.Last), "call"))};
  return B.finish(callVariant(T, D, B, B.call("tl_rt_select", Args)));
}

/// Compares the problem with the thread's last one. Every call in it is the last thing that it
/// does, so that it needs no stack of its own: beside a launch, most of what a dispatch costs is
/// fetching its code.
static bool defineEager(Session &T, Dispatcher &D, CodeBuilder &B) {
  SourceLocation Loc = D.Source->Template->getLocation();
  llvm::SmallVector<Expr *, 8> Words = buildCallWords(T, D, B, D.KeyWords);
  if (!B.ok())
    return false;
  D.CallWords = Words.size();
  QualType LastType = getDetailType(T, "last_call", B.countArgument(D.CallWords), Loc);
  if (LastType.isNull())
    return false;
  D.Last = declareVariable(T, D, "__tl_last_", LastType, TSCS___thread);
  if (!defineSelect(T, D))
    return false;
  // What is remembered counts until the runtime changes its mind; zeros never do.
  Expr *Generation = B.acquire(B.member(B.reference(D.Slot), "generation"));
  Expr *Same = B.binary(BO_EQ, B.member(B.member(B.reference(D.Last), "call"), "generation"),
                        B.binary(BO_Add, Generation, B.number(1)));
  for (unsigned I = 0; I < Words.size(); ++I) {
    Expr *Known = B.element(B.member(B.reference(D.Last), "words"), I);
    Same = B.binary(BO_LAnd, Same, B.binary(BO_EQ, Known, Words[I]));
  }
  Expr *Remembered = B.member(B.member(B.reference(D.Last), "call"), "function");
  B.returnIf(Same, callVariant(T, D, B, Remembered));
  llvm::SmallVector<Expr *, 8> Args = B.forwardAll();
  return B.finish(B.call(B.reference(D.Select), Args));
}

/// A handle, which will look for the winner when it is launched.
static bool defineLazy(Session &T, Dispatcher &D, CodeBuilder &B) {
  static_cast<void>(buildCallWords(T, D, B, D.KeyWords));
  llvm::SmallVector<TemplateArgument, 8> TemplateArgs;
  TemplateArgs.push_back(B.countArgument(D.KeyWords + (isGpu(T) ? 1 : 0)));
  TemplateArgs.push_back(TemplateArgument(D.Dispatch->getReturnType()));
  llvm::SmallVector<Expr *, 8> Args;
  Args.push_back(B.call(B.reference(D.Describe), {}));
  for (ParmVarDecl *P : D.Dispatch->parameters()) {
    TemplateArgs.push_back(TemplateArgument(P->getType()));
    Args.push_back(B.forward(P));
  }
  return B.finish(B.call("make_handle", TemplateArgs, Args));
}

static bool defineDispatch(Session &T, Dispatcher &D) {
  CodeBuilder B(T, D, D.Dispatch);
  if (D.Dispatch->isConstexpr()) {
    llvm::SmallVector<Expr *, 8> Args = B.forwardAll();
    B.returnIfConstantEvaluated(B.call(B.reference(D.Default), Args));
  }
  return getLaunch(D) ? defineLazy(T, D, B) : defineEager(T, D, B);
}

/// Callers of a constexpr factory may be evaluated before the end of the translation unit.
static void defineConstexpr(Session &T, Dispatcher &D) {
  Sema &S = T.S;
  Sema::ContextRAII Saved(S, S.Context.getTranslationUnitDecl());
  EnterExpressionEvaluationContext Evaluation(
      S, Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  D.Dispatch->setConstexprKind(ConstexprSpecKind::Constexpr);
  D.DispatchDefined = defineDispatch(T, D);
  if (D.DispatchDefined)
    S.Consumer.HandleTopLevelDecl(DeclGroupRef(D.Dispatch));
}

/// Makes the factory known when the image is loaded that this is a part of. Once per file: no
/// section of the program has to be shared for it.
static bool defineRegistration(Session &T, Dispatcher &D) {
  ASTContext &C = T.S.Context;
  QualType Type = C.getFunctionType(C.VoidTy, {}, FunctionProtoType::ExtProtoInfo());
  D.Register = declareFunction(T, D, "__tl_register_", Type, SC_Static);
  D.Register->addAttr(compat::constructorAttr(C));
  CodeBuilder B(T, D, D.Register);
  Expr *Args[] = {B.call(B.reference(D.Describe), {}),
                  B.untypedAddressOf(B.libraryReference("__dso_handle"))};
  return B.finish(B.call("tl_rt_register", Args));
}

/// A config's own name in a file that exports the tuned function under the name of the default one.
static constexpr llvm::StringLiteral PlainSuffix = ".plain";

/// Whether FD's tunables are those of the default config.
static bool hasDefaultTunables(Session &T, const Factory &F, const FunctionDecl *FD) {
  llvm::ArrayRef<TemplateArgument> All = FD->getTemplateSpecializationArgs()->asArray();
  llvm::SmallVector<TemplateArgument, 8> Default =
      compat::completeArguments(T.S, F.Template, F.getLocation(), All.take_front(F.FirstTunable));
  if (Default.size() != All.size())
    return false;
  for (unsigned I = F.FirstTunable; I < All.size(); ++I)
    if (!T.S.Context.getCanonicalTemplateArgument(Default[I])
             .structurallyEquals(T.S.Context.getCanonicalTemplateArgument(All[I])))
      return false;
  return true;
}

void exportTuned(Session &T, FunctionDecl *FD) {
  FunctionTemplateDecl *Template = FD->getPrimaryTemplate();
  if (!Template || FD->getTemplateSpecializationKind() != TSK_ExplicitInstantiationDefinition ||
      FD->isInlined() || !FD->isExternallyVisible() || FD->hasAttr<AsmLabelAttr>())
    return;
  Factory *F = T.getFactory(Template);
  if (!F || !F->Valid || T.Args.Shards > 1)
    return;
  // Which ones the tunables are is known with the configs.
  static_cast<void>(reachesTunables(T, *F, FD, 1));
  if (!F->Valid || !F->TunablesKnown || !hasDefaultTunables(T, *F, FD) ||
      !getDispatcher(T, *F, FD, 0))
    return;
  if (!T.isDevicePass())
    FD->addAttr(
        AsmLabelAttr::CreateImplicit(T.S.Context, mangle(T.S.Context, FD) + PlainSuffix.str()));
}

/// The function that takes the exported name: calls the dispatcher, and the default config where a
/// dispatcher called it.
static bool defineExport(Session &T, Dispatcher &D, llvm::SmallVectorImpl<Decl *> &Made) {
  const auto *Label = D.Default->getAttr<AsmLabelAttr>();
  if (!Label || !Label->getLabel().ends_with(PlainSuffix))
    return true;
  ASTContext &C = T.S.Context;
  VarDecl *Inside = declareVariable(T, D, "__tl_inside_", C.BoolTy, TSCS___thread);
  FunctionDecl *Export =
      declareFunction(T, D, "__tl_export_", mayReturn(C, D.Default), storageOf(D));
  Export->setInlineSpecified(false);
  Export->setImplicitlyInline(false);
  Export->addAttr(AsmLabelAttr::CreateImplicit(C, Label->getLabel().drop_back(PlainSuffix.size())));
  declareParameters(T, D, Export, [](QualType Type) { return Type; });
  CodeBuilder B(T, D, Export);
  llvm::SmallVector<Expr *, 8> Args{B.reference(Inside), B.reference(D.Dispatch),
                                    B.reference(D.Default)};
  Args.append(B.forwardAll());
  Made.append({Inside, Export});
  return B.finish(B.call("call_exported", Args));
}

bool reachesTunables(Session &T, Factory &F, FunctionDecl *Spec, unsigned Written) {
  // Written arguments cannot get past a pack: they all become part of it.
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  for (const NamedDecl *Param : *Params)
    if (Param->isTemplateParameterPack())
      return false;
  if (!F.TunablesKnown && Written > 0) {
    ModuleView View(T.S, F.Template);
    std::unique_ptr<Space> Storage;
    if (!getSpace(T, F, Spec, Storage)) {
      F.Valid = false;
      return true;
    }
  }
  return F.TunablesKnown && Written > F.FirstTunable;
}

FunctionDecl *getDispatcher(Session &T, Factory &F, FunctionDecl *Spec, unsigned Written) {
  if (reachesTunables(T, F, Spec, Written))
    return nullptr;
  Spec = Spec->getCanonicalDecl();
  if (const Dispatcher *Known = T.Queue.find(Spec))
    return Known->Dispatch;
  if (Spec->isInvalidDecl())
    return nullptr;
  ModuleView View(T.S, F.Template);
  if (!checkParameters(T, F, Spec)) {
    F.Valid = false;
    return nullptr;
  }
  ASTContext &C = T.S.Context;
  auto Made = std::make_unique<Dispatcher>();
  Dispatcher *D = Made.get();
  D->Source = &F;
  D->Default = Spec;
  D->Id = mangle(C, Spec);
  if (!Spec->isExternallyVisible())
    D->Id += "@" + getBaseFileName(T, F.Template->getLocation());
  // Local types and closures of one name are told apart by the order in which they are met: the
  // mangler numbers them in that of its own.
  unsigned Same = T.Queue.countName(D->Id);
  if (Same > 0)
    D->Id += "#" + std::to_string(Same);
  // Not the parameters' types alone: f<char>(int) and f<double>(int) differ in none of them.
  D->Suffix = hashText(D->Id);
  T.S.ResolveExceptionSpec(F.getLocation(), Spec->getType()->castAs<FunctionProtoType>());

  QualType Describe = getDetailType(T, "factory_function", F.getLocation());
  QualType Slot = getDetailType(T, "dispatch_slot", F.getLocation());
  if (Describe.isNull() || Slot.isNull() || !checkHeaderVersion(T, F.getLocation()))
    return nullptr;
  D->Slot = declareVariable(T, *D, "__tl_slot_", Slot, TSCS_unspecified);
  D->Describe = declareFunction(T, *D, "__tl_factory_", Describe, storageOf(*D));
  D->Dispatch = declareFunction(T, *D, "__tl_dispatch_", mayReturn(C, Spec), storageOf(*D));
  declareParameters(T, *D, D->Dispatch, [](QualType Type) { return Type; });
  T.Queue.add(Spec, std::move(Made));
  if (Spec->isConstexpr())
    defineConstexpr(T, *D);
  return D->Dispatch;
}

/// Variants are compiled where they are called, and the fingerprint is one of their code.
static bool checkDefined(Session &T, const Dispatcher &D) {
  const FunctionDecl *Pattern = D.Default->getTemplateInstantiationPattern();
  if (!Pattern || Pattern->isDefined())
    return true;
  FunctionTemplateDecl *Template = D.Source->Template;
  error(T.S, Template->getLocation(),
        "%0 is called here but not defined, so that its variants cannot be compiled; define it "
        "where it is declared")
      << Template;
  note(T.S, D.Source->getLocation(), "'tl::autotune' given here");
  return false;
}

/// The attribute's options with the template arguments filled in. False after an error was reported
/// that needs no more words.
static bool fillInOptions(Session &T, const Dispatcher &D, QualType Config,
                          llvm::SmallVectorImpl<Expr *> &Out) {
  CodeBuilder B(T, D, D.Describe);
  for (const Option &O : D.Source->Options) {
    if (O.Keyword->Kind == ValueKind::Name || O.Keyword->Kind == ValueKind::Compilers)
      continue; // the descriptor's, and the variants'
    Out.push_back(B.option(O));
    if (!B.ok() || !checkCallable(T, D, O, Out.back(), Config))
      return false;
  }
  return true;
}

void defineDispatcher(Session &T, Dispatcher &D) {
  Sema &S = T.S;
  ModuleView View(S, D.Source->Template);
  Sema::ContextRAII Saved(S, S.Context.getTranslationUnitDecl());
  EnterExpressionEvaluationContext Evaluation(
      S, Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  VariantList List;
  // A library has the variants of one factory, and what only they ask for.
  if (isDemand(T) && !D.Nested && !isDemanded(T, D))
    return;
  if (!checkDefined(T, D) || !declareVariants(T, D, List))
    return;
  const VariantList Space = List; // what counts for the fingerprint
  keepBaked(T, D, List);
  instantiateVariants(T, D, List);
  declareClones(T, D, List);
  if (isDemanded(T, D)) {
    if (!T.isDevicePass() && !S.getDiagnostics().hasErrorOccurred())
      defineLibrary(T, D, List, computeFingerprint(T, D, Space));
    return;
  }
  // A fingerprint is one of all variants, as they are written.
  auto LeaveOutIllegal = llvm::make_scope_exit([&] {
    if (T.Args.CheckLegality == Legality::Prune)
      for (unsigned I = 0; I < List.Variants.size(); ++I)
        if (I != List.Default && !List.Variants[I].Illegal.empty())
          replaceIllegal(T, D, List.Variants[I]);
  });
  if (!definesDispatcher(T, D))
    return;
  // Of code with an error nothing comes that a fingerprint would be of.
  bool Needed = !T.isDevicePass() && !S.getDiagnostics().hasErrorOccurred();
  Fingerprint Print = Needed ? computeFingerprint(T, D, Space) : Fingerprint();
  D.MayBeInfeasible = Print.NamesInfeasible;
  llvm::SmallVector<Expr *, 8> Options;
  bool Fit = fillInOptions(T, D, List.Config, Options) && checkCompilers(T, D);
  if (Fit)
    reportNeverEligible(T, D, List);
  // A worker on the CPU is a copy of the program.
  std::vector<ReachedVariable> State;
  if (Fit)
    State = isGpu(T) ? findReachedState(T, D, Options) : findConfigMarks(D);
  if (!Fit || !(D.DispatchDefined || defineDispatch(T, D)) ||
      !defineDescriptor(T, D, List, Print, State, Options) || !defineRegistration(T, D)) {
    // Whatever went wrong was reported, with the header's own words when its code did not fit.
    if (!S.getDiagnostics().hasErrorOccurred())
      error(S, D.Source->getLocation(), "no dispatcher could be built for %0")
          << D.Source->Template;
    else if (!T.HeaderMissing && Fit)
      note(S, D.Source->getLocation(), "while building the dispatcher of %0") << D.Source->Template;
    return;
  }
  checkProblemKey(T, D);
  defineBaked(T, D, Space, Print.Digest);
  dump(T, D, List, Print, State, getDisplayName(D));
  // Another shard may be the only one that calls it.
  if (isSharded(T, D))
    D.Dispatch->addAttr(UsedAttr::CreateImplicit(S.Context));
  llvm::SmallVector<Decl *, 8> Made{D.Slot, D.Describe, D.Register};
  if (D.Last)
    Made.append({D.Last, D.Select});
  if (!D.DispatchDefined || isSharded(T, D))
    Made.push_back(D.Dispatch);
  if (!defineExport(T, D, Made))
    return;
  for (Decl *It : Made)
    S.Consumer.HandleTopLevelDecl(DeclGroupRef(It));
}

} // namespace tlplugin
