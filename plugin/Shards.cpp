// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Shards.h"
#include "plugin/CodePart.h"
#include "plugin/DeviceVariables.h"
#include "plugin/Diagnostics.h"
#include "plugin/OnDemand.h"
#include "plugin/Toolkit.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace tlplugin {

bool isSharded(const Session &T, const Dispatcher &D) {
  return T.Args.Shards > 1 && !D.Nested && D.Default->isExternallyVisible();
}

bool definesDispatcher(const Session &T, const Dispatcher &D) {
  return T.Args.Shard == 0 || D.Nested;
}

static bool hasStaticLocals(const FunctionDecl *FD) {
  return llvm::any_of(FD->decls(), [](const Decl *D) {
    const auto *Var = dyn_cast<VarDecl>(D);
    return Var && Var->isStaticLocal();
  });
}

/// What a declaration says is part of the code's hash, which has to be that of the program: it is
/// noted as it is written, before it is made something else.
static void noteAsWritten(Session &T, const Decl *D) {
  if (!T.Parts)
    T.Parts = std::make_shared<CodeParts>(T);
  static_cast<void>(T.Parts->of(T.Parts->represent(D)));
}

/// A library that is opened must not do again what the program does at its start.
static void dropStartup(Session &T, FunctionDecl *FD) {
  if (!FD->hasAttr<ConstructorAttr>() && !FD->hasAttr<DestructorAttr>() &&
      !FD->hasAttr<UsedAttr>() && !FD->hasAttr<RetainAttr>())
    return;
  noteAsWritten(T, FD);
  FD->dropAttr<ConstructorAttr>();
  FD->dropAttr<DestructorAttr>();
  FD->dropAttr<UsedAttr>();
  FD->dropAttr<RetainAttr>();
}

/// A library of variants has copies of the functions that they call. What only the program may have
/// once, it finds there by name or not at all.
static void leaveFunctionOut(Session &T, FunctionDecl *FD) {
  if (!FD->isThisDeclarationADefinition() || FD->isDependentContext() || FD->isDeleted())
    return;
  dropStartup(T, FD);
  if (FD->isMain()) {
    FD->setBody(nullptr);
  } else if (FD->isExternallyVisible() && !FD->isInlined() && !FD->isDefaulted()) {
    noteAsWritten(T, FD);
    FD->setImplicitlyInline();
  }
}

/// The same for variables: constants are copied.
static void leaveVariableOut(Session &T, VarDecl *Var) {
  if (Var->isThisDeclarationADefinition() == VarDecl::DeclarationOnly || !Var->hasGlobalStorage() ||
      Var->isStaticLocal() || Var->getDeclContext()->isDependentContext() ||
      Var->getDescribedVarTemplate())
    return;
  ASTContext &C = T.S.Context;
  noteAsWritten(T, Var);
  Var->dropAttr<UsedAttr>();
  Var->dropAttr<RetainAttr>();
  bool Constant =
      Var->getType().isConstantStorage(C, /*ExcludeCtor=*/true, /*ExcludeDtor=*/false) &&
      (Var->isConstexpr() || !Var->hasInit() || Var->hasConstantInitialization());
  if (Constant) {
    if (Var->isExternallyVisible() && !Var->isInline())
      Var->setImplicitlyInline();
    return;
  }
  // Of a name that nobody has, rather than one that another file's variable may have.
  if (!Var->isExternallyVisible() && !Var->hasAttr<AsmLabelAttr>())
    Var->addAttr(AsmLabelAttr::CreateImplicit(C, "tl.internal." + Var->getQualifiedNameAsString()));
  Var->setInit(nullptr);
  if (!Var->isStaticDataMember())
    Var->setStorageClass(SC_Extern);
}

static void leaveFunction(Session &T, FunctionDecl *FD) {
  if (isDemand(T))
    return leaveFunctionOut(T, FD);
  if (!FD->isThisDeclarationADefinition() || !FD->isExternallyVisible() || FD->isInlined() ||
      FD->isDependentContext() || FD->isDeleted() || FD->isDefaulted())
    return;
  // A copy of a static variable inside an inlined copy would be another variable.
  if (hasStaticLocals(FD)) {
    FD->setBody(nullptr);
    return;
  }
  // Available for inlining, like in shard 0, but not defined here.
  FD->setImplicitlyInline();
  FD->addAttr(GNUInlineAttr::CreateImplicit(T.S.Context));
}

static void leaveVariable(Session &T, VarDecl *Var) {
  if (isDemand(T))
    return leaveVariableOut(T, Var);
  if (Var->isThisDeclarationADefinition() == VarDecl::DeclarationOnly || Var->isInline() ||
      !Var->hasGlobalStorage() || Var->getDeclContext()->isDependentContext() ||
      Var->getDescribedVarTemplate() || T.S.getSourceManager().isInSystemHeader(Var->getLocation()))
    return;
  if (Var->isExternallyVisible()) {
    if (Var->isStaticDataMember() || Var->mightBeUsableInConstantExpressions(T.S.Context)) {
      Var->setImplicitlyInline();
      return;
    }
    Var->setInit(nullptr);
    Var->setStorageClass(SC_Extern);
    return;
  }
  bool Constant =
      Var->getType().isConstQualified() && (!Var->hasInit() || Var->hasConstantInitialization());
  if (!Constant && Var->isFileVarDecl())
    T.ShardLocals.push_back(Var);
}

void leaveToFirstShard(Session &T, Decl *D) {
  if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D)) {
    for (Decl *Inner : cast<DeclContext>(D)->noload_decls())
      leaveToFirstShard(T, Inner);
    return;
  }
  if (auto *FD = dyn_cast<FunctionDecl>(D))
    leaveFunction(T, FD);
  else if (auto *Var = dyn_cast<VarDecl>(D))
    leaveVariable(T, Var);
}

/// Each shard's device code is linked by itself, so that it would have such a variable of its own,
/// which the program does not write to: whatever its linkage. Returns those that were refused.
static llvm::SmallPtrSet<const VarDecl *, 4> checkDeviceVariables(Session &T) {
  llvm::SmallPtrSet<const VarDecl *, 4> Refused;
  if (T.Args.Shards < 2 || isDemand(T) || !T.S.getLangOpts().CUDA ||
      T.S.getLangOpts().GPURelocatableDeviceCode)
    return Refused;
  for (const VarDecl *Var : findDeviceVariables(T.S.Context)) {
    const bool Constant = Var->getType().isConstQualified() && Var->getAnyInitializer();
    if (Constant || Var->isStaticLocal() || isToolkitCode(T, Var) ||
        (!Var->isUsed() && !Var->isReferenced()))
      continue;
    Refused.insert(Var->getCanonicalDecl());
    error(
        T.S, Var->getLocation(),
        "%0 is a variable on the device, of which the code of each shard would have a copy of its "
        "own; compile this file without -fplugin-arg-tl-shard")
        << Var;
  }
  return Refused;
}

void checkShard(Session &T) {
  const llvm::SmallPtrSet<const VarDecl *, 4> Refused = checkDeviceVariables(T);
  for (VarDecl *Var : T.ShardLocals) {
    bool Runs = Var->hasInit() && !Var->hasConstantInitialization();
    if ((!Runs && !Var->isUsed() && !Var->isReferenced()) ||
        Refused.contains(Var->getCanonicalDecl()))
      continue;
    error(T.S, Var->getLocation(),
          "%0 would exist once per shard; give it external linkage (inline), or compile this "
          "file without -fplugin-arg-tl-shard")
        << Var;
  }
}

void placeVariant(Session &T, FunctionDecl *FD, bool Mine, SourceLocation Loc) {
  TemplateSpecializationKind Kind = FD->getTemplateSpecializationKind();
  if (Kind != TSK_ImplicitInstantiation && Kind != TSK_Undeclared)
    return;
  if (Mine && T.Args.Shard == 0)
    return; // its table refers to it
  if (FD->isDefined() && !Mine)
    return; // the program names it here
  const FunctionDecl *Pattern = FD->getTemplateInstantiationPattern();
  if (!Mine && Pattern && Pattern->isInlined()) {
    // An inline or constexpr function is instantiated in spite of an explicit instantiation
    // elsewhere. The table of shard 0 needs no more than a declaration.
    FD->setTemplateSpecializationKind(TSK_ExplicitSpecialization, Loc);
    FD->setInlineSpecified(false);
    FD->setImplicitlyInline(false);
    FD->setConstexprKind(ConstexprSpecKind::Unspecified);
    return;
  }
  bool Known = FD->isDefined();
  FD->setTemplateSpecializationKind(
      Mine ? TSK_ExplicitInstantiationDefinition : TSK_ExplicitInstantiationDeclaration, Loc);
  if (Mine && Known)
    T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(const_cast<FunctionDecl *>(FD->getDefinition())));
}

} // namespace tlplugin
