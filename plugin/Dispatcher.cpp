// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Dispatcher.h"
#include "plugin/CallRedirect.h"
#include "plugin/ClangCompat.h"
#include "plugin/ConfigSpace.h"
#include "plugin/Diagnostics.h"
#include "plugin/Dump.h"
#include "plugin/Fingerprint.h"
#include "plugin/Lookup.h"
#include "plugin/OptionValues.h"
#include "plugin/Options.h"
#include "plugin/Shards.h"
#include "plugin/Tunables.h"
#include "plugin/Variants.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Template.h"
#include "llvm/Support/Path.h"
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

static std::string baseFileName(Session &T, SourceLocation Loc) {
  PresumedLoc Presumed =
      T.S.getSourceManager().getPresumedLoc(T.S.getSourceManager().getExpansionLoc(Loc));
  return Presumed.isValid() ? llvm::sys::path::filename(Presumed.getFilename()).str()
                            : std::string();
}

/// "ns::gemm<float>": with what callers fixed, without the tunables.
static std::string displayName(const Dispatcher &D) {
  std::string Name;
  llvm::raw_string_ostream OS(Name);
  PrintingPolicy Policy = D.Default->getASTContext().getPrintingPolicy();
  D.Default->printQualifiedName(OS, Policy);
  llvm::ArrayRef<TemplateArgument> Args = D.Default->getTemplateSpecializationArgs()->asArray();
  if (D.Source->FirstTunable > 0)
    printTemplateArgumentList(OS, Args.take_front(D.Source->FirstTunable), Policy);
  return Name;
}

/// A dispatcher returns what its variant does, as far as Clang can tell.
static QualType mayReturn(ASTContext &C, const FunctionDecl *FD) {
  const auto *Type = FD->getType()->castAs<FunctionType>();
  return QualType(C.adjustFunctionType(Type, Type->getExtInfo().withNoReturn(false)), 0);
}

/// The functions' type as callers see it: no exception specification may differ between variants.
static QualType signature(Session &T, const FunctionDecl *FD) {
  ASTContext &C = T.S.Context;
  return C.getFunctionTypeWithExceptionSpec(mayReturn(C, FD), EST_None);
}

static FunctionDecl *declareFunction(Session &T, const Dispatcher &D, llvm::StringRef Prefix,
                                     llvm::StringRef Suffix, QualType Type, bool WithParameters) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->Template->getLocation();
  TranslationUnitDecl *TU = C.getTranslationUnitDecl();
  // A factory that only this file can see has a dispatcher of its own in each file.
  StorageClass Storage = D.Default->isExternallyVisible() ? SC_None : SC_Static;
  IdentifierInfo &Name = C.Idents.get((Prefix + Suffix).str());
  auto *FD = FunctionDecl::Create(C, TU, Loc, Loc, DeclarationName(&Name), Type,
                                  C.getTrivialTypeSourceInfo(Type, Loc), Storage,
                                  /*UsesFPIntrin=*/false, /*isInlineSpecified=*/true,
                                  /*hasWrittenPrototype=*/true);
  if (WithParameters) {
    llvm::SmallVector<ParmVarDecl *, 8> Params;
    for (const ParmVarDecl *From : D.Default->parameters()) {
      QualType ParamType = From->getType().getUnqualifiedType();
      auto *P = ParmVarDecl::Create(C, FD, Loc, Loc, From->getIdentifier(), ParamType,
                                    C.getTrivialTypeSourceInfo(ParamType, Loc), SC_None, nullptr);
      P->setScopeInfo(0, Params.size());
      Params.push_back(P);
    }
    FD->setParams(Params);
  }
  FD->setImplicitlyInline();
  FD->setImplicit();
  FD->setReferenced();
  FD->markUsed(C);
  TU->addDecl(FD);
  T.Generated.insert(FD);
  return FD;
}

namespace {

/// Builds statements inside one generated function.
class BodyBuilder {
public:
  BodyBuilder(Session &T, const Dispatcher &D, FunctionDecl *FD)
      : T(T), S(T.S), C(T.S.Context), D(D), FD(FD), Loc(FD->getLocation()), Scope(T.S, FD) {}

  Expr *text(llvm::StringRef Text) {
    QualType Type = C.getConstantArrayType(C.CharTy.withConst(), llvm::APInt(32, Text.size() + 1),
                                           nullptr, ArraySizeModifier::Normal, 0);
    return StringLiteral::Create(C, Text, StringLiteralKind::Ordinary, /*Pascal=*/false, Type, Loc);
  }

  Expr *number(unsigned Value) {
    return IntegerLiteral::Create(C, llvm::APInt(32, Value), C.UnsignedIntTy, Loc);
  }

  Expr *null() { return new (C) CXXNullPtrLiteralExpr(C.NullPtrTy, Loc); }

  Expr *reference(ValueDecl *V, ExprValueKind Kind = VK_LValue) {
    return S.BuildDeclRefExpr(V, V->getType().getNonReferenceType(), Kind, Loc);
  }

  /// `Name` as an untyped address: a conversion that a constant may contain, unlike a cast.
  Expr *untypedAddress(FunctionDecl *F) {
    return ImplicitCastExpr::Create(C, C.getPointerType(C.VoidTy.withConst()), CK_BitCast,
                                    addressOf(reference(F)), nullptr, VK_PRValue,
                                    FPOptionsOverride());
  }

  Expr *addressOf(Expr *E) {
    ExprResult R = S.CreateBuiltinUnaryOp(Loc, UO_AddrOf, E);
    Ok &= R.isUsable();
    return R.isUsable() ? R.get() : null();
  }

  /// `&f<config>`, with the template arguments written out when somebody will read them.
  Expr *variant(FunctionDecl *V) {
    if (!T.Args.Dump)
      return addressOf(reference(V));
    TemplateArgumentListInfo Args(Loc, Loc);
    for (const TemplateArgument &Arg : V->getTemplateSpecializationArgs()->asArray())
      if (Arg.getKind() != TemplateArgument::Pack)
        Args.addArgument(S.getTrivialTemplateArgumentLoc(Arg, QualType(), Loc));
    DeclarationNameInfo Name(V->getDeclName(), Loc);
    return addressOf(S.BuildDeclRefExpr(V, V->getType(), VK_LValue, Name, NestedNameSpecifierLoc(),
                                        V, SourceLocation(), &Args));
  }

  /// `static <Element> Name[] = {...};` Returns a reference to the array, or null for no elements.
  Expr *table(llvm::StringRef Name, QualType Element, llvm::MutableArrayRef<Expr *> Values) {
    if (Values.empty())
      return null();
    QualType Type = C.getConstantArrayType(Element.withConst(), llvm::APInt(64, Values.size()),
                                           nullptr, ArraySizeModifier::Normal, 0);
    return constant(Name, Type, S.BuildInitList(Loc, Values, Loc).get());
  }

  /// `static <Type> Name = Init;` Returns a reference to it.
  Expr *constant(llvm::StringRef Name, QualType Type, Expr *Init) {
    if (!Ok)
      return null();
    auto *Var = VarDecl::Create(C, FD, Loc, Loc, &C.Idents.get(Name), Type,
                                C.getTrivialTypeSourceInfo(Type, Loc), SC_Static);
    FD->addDecl(Var);
    S.AddInitializerToDecl(Var, Init, /*DirectInit=*/false);
    S.FinalizeDeclaration(Var);
    Ok &= !Var->isInvalidDecl();
    Statements.push_back(new (C) DeclStmt(DeclGroupRef(Var), Loc, Loc));
    return reference(Var);
  }
  Expr *constant(llvm::StringRef Name, Expr *Init) {
    return constant(Name, Init->getType().getUnqualifiedType().withConst(), Init);
  }

  /// The attribute's options with the specialisation's template arguments filled in.
  void appendOptions(llvm::SmallVectorImpl<Expr *> &Args, QualType Config, bool Check) {
    for (const Option &O : D.Source->Options) {
      // All that a call has to know is how its problem is identified.
      if (!Check && O.Keyword != "key")
        continue;
      ExprResult R = substitute(T, *D.Source, D.Default, O.Whole);
      Ok &= R.isUsable();
      if (!R.isUsable())
        return;
      if (Check)
        Ok &= checkCallable(T, D, O, R.get(), Config);
      redirectExpression(T, R.get());
      Args.push_back(R.get());
    }
  }

  TemplateArgumentLoc typeArgument(QualType Type) {
    return TemplateArgumentLoc(TemplateArgument(Type), C.getTrivialTypeSourceInfo(Type, Loc));
  }

  /// `tl::detail::Name<&__tl_factory_H, R(Args...), More>(Args)`
  Expr *call(llvm::StringRef Name, llvm::MutableArrayRef<Expr *> Args, QualType More = QualType()) {
    TemplateArgumentListInfo TemplateArgs(Loc, Loc);
    Expr *Factory = addressOf(reference(D.Describe));
    TemplateArgs.addArgument(TemplateArgumentLoc(compat::expressionArgument(Factory), Factory));
    TemplateArgs.addArgument(typeArgument(signature(T, D.Default)));
    if (!More.isNull())
      TemplateArgs.addArgument(typeArgument(More));
    return finishCall(buildDetailReference(T, Name, Loc, &TemplateArgs), Args);
  }

  /// `tl::detail::Name<R(Args...)>(Args)`
  Expr *signatureCall(llvm::StringRef Name, llvm::MutableArrayRef<Expr *> Args) {
    TemplateArgumentListInfo TemplateArgs(Loc, Loc);
    TemplateArgs.addArgument(typeArgument(signature(T, D.Default)));
    return finishCall(buildDetailReference(T, Name, Loc, &TemplateArgs), Args);
  }

  Expr *plainReference(llvm::StringRef Name) {
    ExprResult R = buildDetailReference(T, Name, Loc);
    Ok &= R.isUsable();
    return R.isUsable() ? R.get() : null();
  }

  Expr *plainCall(llvm::StringRef Name, llvm::MutableArrayRef<Expr *> Args) {
    return finishCall(buildDetailReference(T, Name, Loc), Args);
  }

  Expr *generated(llvm::MutableArrayRef<Expr *> Fields) {
    QualType Type = getDetailType(T, "generated", Loc);
    ExprResult List = Type.isNull() ? ExprError() : S.BuildInitList(Loc, Fields, Loc);
    if (List.isUsable()) {
      Expr *Init = List.get();
      List = S.BuildCXXTypeConstructExpr(C.getTrivialTypeSourceInfo(Type, Loc), Loc, Init, Loc,
                                         /*ListInitialization=*/true);
    }
    Ok &= List.isUsable();
    return List.isUsable() ? List.get() : null();
  }

  Expr *forward(ParmVarDecl *P) {
    // Through Sema, for which && on a reference to an lvalue is that reference.
    QualType Type = S.BuildReferenceType(P->getType(), /*LValueRef=*/false, Loc, DeclarationName());
    ExprResult R =
        S.BuildCXXNamedCast(Loc, tok::kw_static_cast, C.getTrivialTypeSourceInfo(Type, Loc),
                            reference(P), SourceRange(Loc, Loc), SourceRange(Loc, Loc));
    Ok &= R.isUsable();
    return R.isUsable() ? R.get() : null();
  }

  /// `if consteval { return f<default>(args...); }`
  void beginConstantEvaluated() {
    llvm::SmallVector<Expr *, 8> Args;
    for (ParmVarDecl *P : FD->parameters())
      Args.push_back(forward(P));
    Expr *Call = finishCall(reference(D.Default), Args);
    StmtResult Return = Ok ? S.BuildReturnStmt(Loc, Call) : StmtError();
    Ok &= Return.isUsable();
    if (!Ok)
      return;
    Stmt *Then = CompoundStmt::Create(C, Return.get(), FPOptionsOverride(), Loc, Loc);
    Statements.push_back(IfStmt::Create(C, Loc, IfStatementKind::ConstevalNonNegated, nullptr,
                                        nullptr, nullptr, Loc, Loc, Then));
  }

  bool ok() const { return Ok; }

  bool finish(Expr *Result) {
    if (!Ok)
      return false;
    ExprResult Full = S.ActOnFinishFullExpr(Result, Loc, /*DiscardedValue=*/false);
    if (!Full.isUsable())
      return false;
    StmtResult Return = S.BuildReturnStmt(Loc, Full.get());
    if (!Return.isUsable())
      return false;
    Statements.push_back(Return.get());
    FD->setBody(CompoundStmt::Create(C, Statements, FPOptionsOverride(), Loc, Loc));
    return true;
  }

private:
  Expr *finishCall(ExprResult Callee, llvm::MutableArrayRef<Expr *> Args) {
    ExprResult R =
        Callee.isUsable() ? S.BuildCallExpr(nullptr, Callee.get(), Loc, Args, Loc) : ExprError();
    Ok &= R.isUsable();
    return R.isUsable() ? R.get() : null();
  }

  Session &T;
  Sema &S;
  ASTContext &C;
  const Dispatcher &D;
  FunctionDecl *FD;
  SourceLocation Loc;
  Sema::SynthesizedFunctionScope Scope;
  llvm::SmallVector<Stmt *, 8> Statements;
  bool Ok = true;
};

} // namespace

static bool buildDescribe(Session &T, const Dispatcher &D, const VariantList &List,
                          llvm::StringRef Fingerprint, bool &Explained) {
  ASTContext &C = T.S.Context;
  BodyBuilder B(T, D, D.Describe);
  QualType Text = C.getPointerType(C.CharTy.withConst());
  llvm::SmallVector<Expr *, 32> Functions, Configs, Parameters, Values;
  for (const Variant &V : List.Variants) {
    Functions.push_back(B.variant(V.Function));
    Configs.push_back(B.text(V.Text));
    if (V.Value)
      Values.push_back(B.addressOf(B.reference(V.Value)));
  }
  for (const ParmVarDecl *P : D.Default->parameters())
    Parameters.push_back(B.text(P->getName()));
  Expr *FunctionTable = B.table("functions", C.getPointerType(signature(T, D.Default)), Functions);
  Expr *ConfigTable = B.table("configs", Text, Configs);
  Expr *Described = B.constant("described", B.signatureCall("describe_parameters", Parameters));
  Expr *ValueTable =
      B.table("values", Values.empty() ? Text : C.getPointerType(List.Config.withConst()), Values);

  SourceLocation Loc = D.Source->Template->getLocation();
  Expr *Fields[] = {B.text(D.Id),
                    B.text(displayName(D)),
                    B.text(baseFileName(T, Loc)),
                    B.number(T.S.getSourceManager()
                                 .getPresumedLoc(T.S.getSourceManager().getExpansionLoc(Loc))
                                 .getLine()),
                    B.text(Fingerprint),
                    ConfigTable,
                    FunctionTable,
                    B.number(List.Variants.size()),
                    B.number(List.Default),
                    ValueTable};
  llvm::SmallVector<Expr *, 8> Options;
  B.appendOptions(Options, List.Config, /*Check=*/true);
  if (!B.ok()) {
    Explained = true;
    return false;
  }
  Expr *Set = Options.empty() ? B.plainReference("no_options")
                              : B.constant("options", B.plainCall("option_set", Options));
  // The programmatic interfaces find a factory by what `&gemm<float>` is: its dispatcher.
  Expr *Args[] = {B.generated(Fields), B.untypedAddress(D.Dispatch), Described, Set};
  Expr *Descriptor =
      B.constant("factory", D.Describe->getReturnType()->getPointeeType(),
                 B.call("describe", Args, Values.empty() ? QualType() : List.Config));
  return B.finish(B.addressOf(Descriptor));
}

static bool buildDispatch(Session &T, const Dispatcher &D) {
  BodyBuilder B(T, D, D.Dispatch);
  llvm::SmallVector<Expr *, 8> Options, Args;
  B.appendOptions(Options, QualType(), /*Check=*/false);
  if (D.Dispatch->isConstexpr())
    B.beginConstantEvaluated();
  Args.push_back(Options.empty() ? B.plainReference("no_options")
                                 : B.plainCall("option_set", Options));
  for (ParmVarDecl *P : D.Dispatch->parameters())
    Args.push_back(B.forward(P));
  return B.finish(B.call("dispatch", Args));
}

/// Callers of a constexpr factory may be evaluated before the end of the translation unit.
static void defineConstexpr(Session &T, Dispatcher &D) {
  Sema &S = T.S;
  Sema::ContextRAII Saved(S, S.Context.getTranslationUnitDecl());
  EnterExpressionEvaluationContext Evaluation(
      S, Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  D.Dispatch->setConstexprKind(ConstexprSpecKind::Constexpr);
  D.DispatchDefined = buildDispatch(T, D);
  if (D.DispatchDefined)
    S.Consumer.HandleTopLevelDecl(DeclGroupRef(D.Dispatch));
}

bool reachesTunables(Session &T, Factory &F, FunctionDecl *Spec, unsigned Written) {
  // Written arguments cannot get past a pack: they all become part of it.
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  for (const NamedDecl *Param : *Params)
    if (Param->isTemplateParameterPack())
      return false;
  if (!F.TunablesKnown && Written > 0) {
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
  if (auto Found = T.Dispatchers.find(Spec); Found != T.Dispatchers.end())
    return Found->second->Dispatch;
  if (Spec->isInvalidDecl())
    return nullptr;
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
    D->Id += "@" + baseFileName(T, F.Template->getLocation());
  // Not the parameters' types alone: f<char>(int) and f<double>(int) differ in none of them.
  std::string Suffix = llvm::utohexstr(llvm::xxh3_64bits(D->Id), /*LowerCase=*/true, /*Width=*/16);
  T.S.ResolveExceptionSpec(F.getLocation(), Spec->getType()->castAs<FunctionProtoType>());

  QualType Descriptor = getDetailType(T, "factory_function", F.getLocation());
  if (Descriptor.isNull())
    return nullptr;
  QualType DescribeType = Descriptor->getPointeeType().IgnoreParens();
  D->Describe =
      declareFunction(T, *D, "__tl_factory_", Suffix, DescribeType, /*WithParameters=*/false);
  D->Dispatch =
      declareFunction(T, *D, "__tl_dispatch_", Suffix, mayReturn(C, Spec), /*WithParameters=*/true);
  T.Dispatchers[Spec] = std::move(Made);
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

static void define(Session &T, Dispatcher &D) {
  if (D.Defined)
    return;
  D.Defined = true;
  Sema &S = T.S;
  Sema::ContextRAII Saved(S, S.Context.getTranslationUnitDecl());
  EnterExpressionEvaluationContext Evaluation(
      S, Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  VariantList List;
  if (!checkDefined(T, D) || !declareVariants(T, D, List))
    return;
  instantiateVariants(T, D, List);
  if (!definesDispatcher(T, D))
    return;
  Fingerprint Print = computeFingerprint(T, D, List);
  bool Explained = false;
  if (!buildDescribe(T, D, List, Print.Digest, Explained) ||
      !(D.DispatchDefined || buildDispatch(T, D))) {
    // Whatever went wrong was reported, with the header's own words when its code did not fit.
    if (!S.getDiagnostics().hasErrorOccurred())
      error(S, D.Source->getLocation(), "no dispatcher could be built for %0")
          << D.Source->Template;
    else if (!T.HeaderMissing && !Explained)
      note(S, D.Source->getLocation(), "while building the dispatcher of %0") << D.Source->Template;
    return;
  }
  dump(T, D, List, Print, displayName(D));
  // Another shard may be the only one that calls it.
  if (isSharded(T, D))
    D.Dispatch->addAttr(UsedAttr::CreateImplicit(S.Context));
  S.Consumer.HandleTopLevelDecl(DeclGroupRef(D.Describe));
  if (!D.DispatchDefined || isSharded(T, D))
    S.Consumer.HandleTopLevelDecl(DeclGroupRef(D.Dispatch));
}

void defineDispatchers(Session &T) {
  // Bodies that are still to be instantiated may ask for dispatchers, and defining one instantiates
  // more. All of it happens here and not where it was asked for, so that diagnostics are not told
  // as if one factory had instantiated the other.
  unsigned Defined = 0;
  bool Nested = T.AtEnd;
  do {
    T.S.PerformPendingInstantiations();
    for (; Defined < T.Dispatchers.size(); ++Defined) {
      Dispatcher &D = *(T.Dispatchers.begin() + Defined)->second;
      if (!Nested)
        T.Asked = T.Dispatchers.size();
      Nested = true;
      D.Nested = Defined >= T.Asked;
      define(T, D);
    }
  } while (Defined < T.Dispatchers.size());
}

} // namespace tlplugin
