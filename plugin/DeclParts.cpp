// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ClangCompat.h"
#include "plugin/CodePart.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecordLayout.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>

using namespace clang;

namespace tlplugin {

/// Of the lookups that a fingerprint makes, some find things in the order of the source.
std::string sortKey(const Decl *D) {
  std::string Key;
  llvm::raw_string_ostream OS(Key);
  const auto *Named = dyn_cast<NamedDecl>(D);
  if (!Named)
    return Key;
  PrintingPolicy Policy = D->getASTContext().getPrintingPolicy();
  Policy.AnonymousTagLocations = false;
  Named->getNameForDiagnostic(OS, Policy, /*Qualified=*/true);
  const FunctionDecl *FD = D->getAsFunction();
  if (FD)
    OS << ' ' << FD->getType().getCanonicalType().getAsString(Policy);
  if (const auto *Partial = dyn_cast<ClassTemplatePartialSpecializationDecl>(D))
    printTemplateArgumentList(OS, Partial->getTemplateArgs().asArray(), Policy);
  return Key;
}

void sortDeclarations(llvm::SmallVectorImpl<const Decl *> &Found) {
  if (Found.size() < 2)
    return;
  std::vector<std::pair<std::string, const Decl *>> Keyed;
  llvm::DenseSet<const Decl *> Seen;
  for (const Decl *D : Found)
    if (Seen.insert(D).second)
      Keyed.push_back({sortKey(D), D});
  std::stable_sort(Keyed.begin(), Keyed.end(),
                   [](const auto &A, const auto &B) { return A.first < B.first; });
  Found.clear();
  for (const auto &Entry : Keyed)
    Found.push_back(Entry.second);
}

/// The call that a program writes is re-pointed at a dispatcher, sooner or later.
static const FunctionDecl *behindDispatcher(const Session &T, const FunctionDecl *FD) {
  if (!T.Generated.contains(FD))
    return FD;
  for (const auto &[Spec, D] : T.Queue.all())
    if (D->Dispatch == FD)
      return Spec;
  return FD;
}

static const Decl *representFunction(const FunctionDecl *FD) {
  if (const FunctionDecl *Pattern = FD->getTemplateInstantiationPattern())
    FD = Pattern;
  const auto *Method = dyn_cast<CXXMethodDecl>(FD);
  if (Method && !Method->isUserProvided() && !Method->getParent()->isLambda()) {
    // What the compiler writes follows from the class.
    const CXXRecordDecl *RD = Method->getParent();
    return RD->getDefinition() ? RD->getDefinition() : RD;
  }
  const FunctionDecl *Definition = nullptr;
  return FD->isDefined(Definition) ? Definition : FD->getCanonicalDecl();
}

static const Decl *representVariable(const VarDecl *V) {
  if (const VarDecl *Pattern = V->getTemplateInstantiationPattern())
    V = Pattern;
  const VarDecl *Initialized = nullptr;
  return V->getAnyInitializer(Initialized) ? Initialized : V->getCanonicalDecl();
}

const Decl *CodeParts::represent(const Decl *D) const {
  if (const auto *Using = dyn_cast<UsingShadowDecl>(D))
    D = Using->getTargetDecl();
  if (const auto *FD = dyn_cast<FunctionDecl>(D))
    return representFunction(behindDispatcher(T, FD));
  if (const auto *V = dyn_cast<VarDecl>(D))
    return representVariable(V);
  if (const auto *RD = dyn_cast<CXXRecordDecl>(D)) {
    if (const CXXRecordDecl *Pattern = RD->getTemplateInstantiationPattern())
      RD = Pattern;
    return RD->getDefinition() ? RD->getDefinition() : RD->getCanonicalDecl();
  }
  if (const auto *Enum = dyn_cast<EnumDecl>(D))
    return Enum->getDefinition() ? Enum->getDefinition() : Enum->getCanonicalDecl();
  return D->getCanonicalDecl();
}

llvm::ArrayRef<std::pair<const TagDecl *, const Decl *>> CodeParts::specialisedForUser() {
  if (ForUserKnown)
    return ForUser;
  ForUserKnown = true;
  const SourceManager &SM = T.S.getSourceManager();
  auto Add = [&](const DeclContext *DC) {
    for (const Decl *D : DC->decls())
      if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(D);
          Spec && Spec->isInStdNamespace() &&
          !SM.isInSystemHeader(SM.getExpansionLoc(Spec->getLocation())))
        for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
          if (Arg.getKind() == TemplateArgument::Type)
            if (const TagDecl *Tag = Arg.getAsType()->getAsTagDecl())
              ForUser.push_back({cast<TagDecl>(represent(Tag)), Spec});
  };
  Add(T.S.Context.getTranslationUnitDecl());
  if (const NamespaceDecl *Std = T.S.getStdNamespace())
    for (const NamespaceDecl *Redecl : Std->redecls())
      if (Redecl->getLocation().isValid() &&
          !SM.isInSystemHeader(SM.getExpansionLoc(Redecl->getLocation())))
        Add(Redecl);
  return ForUser;
}

uint64_t CodeParts::hashOf(QualType Canonical) {
  uint64_t &Hash = TypeHashes[Canonical.getAsOpaquePtr()];
  if (Hash == 0) {
    PrintingPolicy Policy = T.S.Context.getPrintingPolicy();
    Policy.AnonymousTagLocations = false;
    Hash = llvm::xxh3_64bits(Canonical.getAsString(Policy));
  }
  return Hash;
}

const CodePart &CodeParts::of(const Decl *D) {
  if (auto Found = Parts.find(D); Found != Parts.end())
    return *Found->second;
  // Of the toolkit's code, what is called is looked at and nothing beyond.
  PartBuilder B(*this, isToolkitCode(T, D));
  B.declaration(D);
  return *(Parts[D] = std::make_unique<CodePart>(B.finish()));
}

void PartBuilder::templateParameters(const TemplateParameterList *Params) {
  number(Params->size());
  for (const NamedDecl *Param : *Params) {
    number(Param->getKind());
    number(Param->isParameterPack());
    if (const auto *Type = dyn_cast<TemplateTypeParmDecl>(Param)) {
      if (Type->hasTypeConstraint())
        statement(Type->getTypeConstraint()->getImmediatelyDeclaredConstraint());
      if (Type->hasDefaultArgument())
        argument(Type->getDefaultArgument().getArgument());
    } else if (const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param)) {
      type(Value->getType());
      if (Value->hasDefaultArgument())
        argument(Value->getDefaultArgument().getArgument());
    } else if (const auto *Template = dyn_cast<TemplateTemplateParmDecl>(Param)) {
      if (Template->hasDefaultArgument())
        argument(Template->getDefaultArgument().getArgument());
    }
  }
  if (const Expr *Clause = Params->getRequiresClause())
    statement(Clause);
}

/// The name of what is defined elsewhere is all that is known of it.
void PartBuilder::externalName(const NamedDecl *D) { text(D->getQualifiedNameAsString()); }

void PartBuilder::function(const FunctionDecl *FD) {
  number(FD->getStorageClass());
  number(FD->isInlined());
  number(unsigned(FD->getConstexprKind()));
  number(FD->isDeleted());
  type(FD->getType());
  attributes(FD);
  if (const FunctionTemplateDecl *Template = FD->getDescribedFunctionTemplate())
    templateParameters(Template->getTemplateParameters());
  if (const Expr *Clause = compat::trailingRequires(FD))
    statement(Clause);
  if (const auto *Method = dyn_cast<CXXMethodDecl>(FD)) {
    number(Method->isVirtual());
    if (Method->getParent()->isLambda())
      closure(Method->getParent());
    else
      mentionTag(Method->getParent());
  }
  for (const ParmVarDecl *P : FD->parameters()) {
    declareLocal(P);
    attributes(P);
    if (P->hasDefaultArg() && !P->hasUnparsedDefaultArg())
      statement(P->hasUninstantiatedDefaultArg() ? P->getUninstantiatedDefaultArg()
                                                 : P->getDefaultArg());
  }
  const Stmt *Body = FD->getBody();
  if (!Body || FD->isDefaulted())
    return externalName(FD);
  if (const auto *Constructor = dyn_cast<CXXConstructorDecl>(FD))
    for (const CXXCtorInitializer *Init : Constructor->inits()) {
      if (Init->isAnyMemberInitializer())
        mention(Init->getAnyMember());
      else
        type(Init->getTypeSourceInfo()->getType());
      statement(Init->getInit());
    }
  statement(Body);
}

void PartBuilder::variable(const VarDecl *V) {
  number(V->getStorageClass());
  number(V->getTSCSpec());
  number(V->isConstexpr());
  type(V->getType());
  attributes(V);
  if (const VarTemplateDecl *Template = V->getDescribedVarTemplate())
    templateParameters(Template->getTemplateParameters());
  declareLocal(V);
  if (const Expr *Init = V->getAnyInitializer())
    statement(Init);
  else
    externalName(V);
}

/// The captures are the body's own variables. A constant that one holds counts: nothing else tells
/// two of its values apart.
void PartBuilder::closure(const CXXRecordDecl *RD) {
  for (const LambdaCapture &Capture : RD->captures()) {
    number(Capture.getCaptureKind());
    if (!Capture.capturesVariable())
      continue;
    const ValueDecl *Captured = Capture.getCapturedVar();
    declareLocal(Captured);
    type(Captured->getType());
    const auto *V = dyn_cast<VarDecl>(Captured);
    if (V && V->getInit() && (V->isInitCapture() || V->getType().isConstQualified()))
      statement(V->getInit());
  }
}

/// Its size and where its fields are also follow from pragmas and flags.
void PartBuilder::layout(const CXXRecordDecl *RD) {
  if (RD->isDependentContext() || RD->isInvalidDecl() || !RD->isCompleteDefinition())
    return;
  const ASTRecordLayout &Layout = Owner.getSession().S.Context.getASTRecordLayout(RD);
  number(Layout.getSize().getQuantity());
  number(Layout.getAlignment().getQuantity());
  for (unsigned I = 0; I < Layout.getFieldCount(); ++I)
    number(Layout.getFieldOffset(I));
}

/// Members that are called without being named.
static bool isCalledUnnamed(const FunctionDecl *FD) {
  const auto *Method = dyn_cast<CXXMethodDecl>(FD);
  return Method && Method->isUserProvided() &&
         (isa<CXXConstructorDecl, CXXDestructorDecl, CXXConversionDecl>(Method) ||
          Method->isOverloadedOperator() || Method->isVirtual());
}

void PartBuilder::record(const CXXRecordDecl *RD) {
  number(unsigned(RD->getTagKind()));
  attributes(RD);
  if (!RD->isCompleteDefinition())
    return externalName(RD);
  if (RD->isLambda()) {
    closure(RD);
    if (const CXXMethodDecl *Call = RD->getLambdaCallOperator())
      refer(Call);
    return;
  }
  if (const ClassTemplateDecl *Template = RD->getDescribedClassTemplate())
    templateParameters(Template->getTemplateParameters());
  else if (const auto *Partial = dyn_cast<ClassTemplatePartialSpecializationDecl>(RD))
    templateParameters(Partial->getTemplateParameters());
  layout(RD);
  for (const CXXBaseSpecifier &Base : RD->bases()) {
    number(Base.isVirtual());
    type(Base.getType());
  }
  for (const FieldDecl *Field : RD->fields()) {
    number(Field->isMutable());
    type(Field->getType());
    attributes(Field);
    if (Field->isBitField())
      statement(Field->getBitWidth());
    if (Field->hasInClassInitializer())
      statement(Field->getInClassInitializer());
  }
  for (const Decl *Member : RD->decls()) {
    const FunctionDecl *FD = Member->getAsFunction();
    const auto *Method = dyn_cast_or_null<CXXMethodDecl>(FD);
    if (!Method || Method->isImplicit())
      continue;
    if (isCalledUnnamed(Method))
      refer(Member);
    else if (Method->isDefaulted() || Method->isDeleted() || Method->isPureVirtual())
      type(Method->getType());
  }
}

/// What is specialised by hand is chosen where a template is instantiated.
void PartBuilder::specialisations(const TemplateDecl *Template) {
  llvm::SmallVector<const Decl *, 4> Found;
  if (const auto *Function = dyn_cast<FunctionTemplateDecl>(Template)) {
    for (const FunctionDecl *Spec : Function->specializations())
      if (Spec->getTemplateSpecializationKind() == TSK_ExplicitSpecialization)
        Found.push_back(Spec);
  } else if (const auto *Class = dyn_cast<ClassTemplateDecl>(Template)) {
    llvm::SmallVector<ClassTemplatePartialSpecializationDecl *, 4> Partial;
    const_cast<ClassTemplateDecl *>(Class)->getPartialSpecializations(Partial);
    Found.append(Partial.begin(), Partial.end());
    for (const ClassTemplateSpecializationDecl *Spec : Class->specializations())
      if (Spec->getSpecializationKind() == TSK_ExplicitSpecialization)
        Found.push_back(Spec);
  } else if (const auto *Var = dyn_cast<VarTemplateDecl>(Template)) {
    llvm::SmallVector<VarTemplatePartialSpecializationDecl *, 4> Partial;
    const_cast<VarTemplateDecl *>(Var)->getPartialSpecializations(Partial);
    Found.append(Partial.begin(), Partial.end());
    for (const VarTemplateSpecializationDecl *Spec : Var->specializations())
      if (Spec->getSpecializationKind() == TSK_ExplicitSpecialization)
        Found.push_back(Spec);
  }
  sortDeclarations(Found);
  for (const Decl *Spec : Found)
    mention(Spec);
}

void PartBuilder::declaration(const Decl *D) {
  number(D->getKind());
  if (const auto *FD = dyn_cast<FunctionDecl>(D))
    return function(FD);
  if (const auto *V = dyn_cast<VarDecl>(D))
    return variable(V);
  if (const auto *RD = dyn_cast<CXXRecordDecl>(D))
    return record(RD);
  if (const auto *Enum = dyn_cast<EnumDecl>(D))
    return type(Enum->getIntegerType());
  if (const auto *Alias = dyn_cast<TypedefNameDecl>(D))
    return type(Alias->getUnderlyingType());
  if (const auto *Constant = dyn_cast<EnumConstantDecl>(D))
    return mention(Constant);
  if (const auto *Concept = dyn_cast<ConceptDecl>(D)) {
    templateParameters(Concept->getTemplateParameters());
    return statement(Concept->getConstraintExpr());
  }
  const auto *Template = dyn_cast<TemplateDecl>(D);
  if (!Template)
    return;
  templateParameters(Template->getTemplateParameters());
  if (const NamedDecl *Pattern = Template->getTemplatedDecl();
      isa_and_nonnull<TypedefNameDecl>(Pattern))
    type(cast<TypedefNameDecl>(Pattern)->getUnderlyingType());
  else if (Pattern)
    refer(Pattern);
  specialisations(Template);
}

} // namespace tlplugin
