// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ClangCompat.h"
#include "plugin/CodePart.h"
#include "plugin/Lookup.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace tlplugin {
namespace {

/// What a canonical type or an attribute names beside its text.
class Mentions : public RecursiveASTVisitor<Mentions> {
public:
  explicit Mentions(PartBuilder &InB) : B(InB) {}

  bool VisitTagType(TagType *Type) {
    B.mentionTag(Type->getAsTagDecl());
    return true;
  }
  bool VisitInjectedClassNameType(InjectedClassNameType *Type) {
    B.mentionTag(Type->getAsTagDecl());
    return true;
  }
  bool VisitTemplateSpecializationType(TemplateSpecializationType *Type) {
    if (const TemplateDecl *Template = Type->getTemplateName().getAsTemplateDecl())
      B.refer(Template);
    return true;
  }
  bool VisitDependentNameType(DependentNameType *Type) {
    B.name(Type->getIdentifier(), /*ByArguments=*/false);
    return true;
  }
  bool TraverseStmt(Stmt *S, DataRecursionQueue * = nullptr) {
    B.statement(S);
    return true;
  }

private:
  PartBuilder &B;
};

} // namespace

void PartBuilder::number(uint64_t Value) {
  Buffer.append(reinterpret_cast<const char *>(&Value),
                reinterpret_cast<const char *>(&Value) + sizeof(Value));
}

void PartBuilder::text(llvm::StringRef Text) {
  number(Text.size());
  Buffer += Text;
}

void PartBuilder::type(QualType Type) {
  if (Type.isNull())
    return number(0);
  Type = Type.getCanonicalType();
  auto [It, Added] = Types.try_emplace(Type.getAsOpaquePtr(), Types.size() + 1);
  number(It->second);
  if (!Added)
    return;
  number(Owner.hashOf(Type));
  if (!Type->isBuiltinType())
    Mentions(*this).TraverseType(Type);
}

void PartBuilder::argument(const TemplateArgument &Arg) {
  number(Arg.getKind());
  switch (Arg.getKind()) {
  case TemplateArgument::Type:
    return type(Arg.getAsType());
  case TemplateArgument::Integral:
    type(Arg.getIntegralType());
    return text(llvm::toString(Arg.getAsIntegral(), 16));
  case TemplateArgument::Declaration:
    if (const auto *Object = dyn_cast<TemplateParamObjectDecl>(Arg.getAsDecl()))
      return value(Object->getType(), Object->getValue());
    return mention(Arg.getAsDecl());
  case TemplateArgument::StructuralValue:
    return value(Arg.getStructuralValueType(), Arg.getAsStructuralValue());
  case TemplateArgument::Template:
  case TemplateArgument::TemplateExpansion:
    if (const TemplateDecl *Template = Arg.getAsTemplateOrTemplatePattern().getAsTemplateDecl())
      mention(Template);
    return;
  case TemplateArgument::Expression:
    return statement(Arg.getAsExpr());
  case TemplateArgument::Pack:
    number(Arg.pack_size());
    for (const TemplateArgument &Inner : Arg.pack_elements())
      argument(Inner);
    return;
  default:
    return;
  }
}

void PartBuilder::lvalue(QualType Type, const APValue &V) {
  APValue::LValueBase Base = V.getLValueBase();
  number(V.isNullPointer());
  number(V.getLValueOffset().getQuantity());
  if (const auto *D = Base.dyn_cast<const ValueDecl *>())
    return mention(D);
  if (const auto *E = Base.dyn_cast<const Expr *>())
    return statement(E);
  text(V.getAsString(Owner.getSession().S.Context, Type));
}

void PartBuilder::value(QualType Type, const APValue &V) {
  number(V.getKind());
  type(Type);
  switch (V.getKind()) {
  case APValue::Int:
    return text(llvm::toString(V.getInt(), 16));
  case APValue::Float:
    return text(llvm::toString(V.getFloat().bitcastToAPInt(), 16, /*Signed=*/false));
  case APValue::LValue:
    return lvalue(Type, V);
  case APValue::MemberPointer:
    number(V.isMemberPointerToDerivedMember());
    if (V.getMemberPointerDecl())
      mention(V.getMemberPointerDecl());
    return;
  case APValue::Struct: {
    const auto *RD = Type->getAsCXXRecordDecl();
    unsigned I = 0;
    for (const CXXBaseSpecifier &Base : RD->bases())
      value(Base.getType(), V.getStructBase(I++));
    for (const FieldDecl *Field : RD->fields())
      if (!Field->isUnnamedBitField())
        value(Field->getType(), V.getStructField(Field->getFieldIndex()));
    return;
  }
  case APValue::Union:
    if (!V.getUnionField())
      return;
    number(V.getUnionField()->getFieldIndex());
    return value(V.getUnionField()->getType(), V.getUnionValue());
  case APValue::Array: {
    QualType Element = Type->getAsArrayTypeUnsafe()->getElementType();
    number(V.getArraySize());
    for (unsigned I = 0; I < V.getArrayInitializedElts(); ++I)
      value(Element, V.getArrayInitializedElt(I));
    if (V.hasArrayFiller())
      value(Element, V.getArrayFiller());
    return;
  }
  default:
    text(V.getAsString(Owner.getSession().S.Context, Type));
  }
}

void PartBuilder::attribute(const Attr *A) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  A->printPretty(OS, Owner.getSession().S.getPrintingPolicy());
  number(A->getKind());
  // Clang prints some lists of expressions as their addresses. They are looked at below.
  llvm::StringRef Rest = Text;
  for (size_t At; (At = Rest.find("0x")) != llvm::StringRef::npos;) {
    text(Rest.take_front(At));
    Rest = Rest.drop_front(At + 2).drop_while([](char C) { return llvm::isHexDigit(C); });
  }
  text(Rest);
  Mentions(*this).TraverseAttr(const_cast<Attr *>(A));
}

/// What the compiler says about a declaration, and not what it makes of it.
static bool changesNoCode(const Attr *A) {
  if (const auto *Note = dyn_cast<AnnotateAttr>(A))
    return Note->getAnnotation().starts_with("tl::");
  switch (A->getKind()) {
  case attr::Deprecated:
  case attr::DiagnoseIf:
  case attr::Unused:
  case attr::WarnUnused:
  case attr::WarnUnusedResult:
    return true;
  default:
    return false;
  }
}

void PartBuilder::attributes(const Decl *D) {
  if (!D->hasAttrs())
    return;
  for (const Attr *A : D->attrs())
    if (!changesNoCode(A))
      attribute(A);
}

void PartBuilder::declareLocal(const Decl *D) { Locals.try_emplace(D, Locals.size()); }

void PartBuilder::name(DeclarationName Name, bool ByArguments) {
  text(Name.getAsString());
  if ((ByArguments ? Argument : Plain).insert(Name).second)
    Part.Names.push_back({Name, ByArguments});
}

void PartBuilder::operatorName(OverloadedOperatorKind Operator) {
  if (Operator != OO_None)
    name(Owner.getSession().S.Context.DeclarationNames.getCXXOperatorName(Operator),
         /*ByArguments=*/true);
}

void PartBuilder::escape(QualType Type) {
  Type = Type.getNonReferenceType();
  if (!Type->getPointeeType().isNull())
    Type = Type->getPointeeType();
  const TagDecl *Tag = Type->getBaseElementTypeUnsafe()->getAsTagDecl();
  if (!Tag || Shallow)
    return;
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(Tag);
      Spec && isToolkitCode(Owner.getSession(), Spec))
    return mentionTag(Spec);
  const auto *Represented = cast<TagDecl>(Owner.represent(Tag));
  if (!isToolkitCode(Owner.getSession(), Represented) &&
      !llvm::is_contained(Part.Escaping, Represented))
    Part.Escaping.push_back(Represented);
}

void PartBuilder::mentionTag(const TagDecl *D) {
  if (!D)
    return;
  if (isTlClass(dyn_cast<CXXRecordDecl>(D), "infeasible"))
    Part.NamesInfeasible = true;
  const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(D);
  bool OfToolkit = Spec && !Shallow && isToolkitCode(Owner.getSession(), Spec);
  refer(D);
  if (!Spec)
    return;
  for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray()) {
    argument(Arg);
    if (OfToolkit && Arg.getKind() == TemplateArgument::Type)
      escape(Arg.getAsType());
  }
}

void PartBuilder::refer(const Decl *D) {
  D = Owner.represent(D);
  if (Shallow || (!isa<FunctionDecl>(D) && isToolkitCode(Owner.getSession(), D))) {
    const auto *Named = dyn_cast<NamedDecl>(D);
    return text(Named ? Named->getQualifiedNameAsString() : "");
  }
  auto [It, Added] = Known.try_emplace(D, Part.References.size());
  if (Added)
    Part.References.push_back(D);
  number(It->second);
}

void PartBuilder::mentionFunction(const FunctionDecl *FD) {
  refer(FD);
  if (const auto *Method = dyn_cast<CXXMethodDecl>(FD); Method && !Method->isUserProvided())
    number(Method->getKind());
  bool OfToolkit = !Shallow && isToolkitCode(Owner.getSession(), FD);
  if (const TemplateArgumentList *Args = FD->getTemplateSpecializationArgs())
    for (const TemplateArgument &Arg : Args->asArray()) {
      argument(Arg);
      if (OfToolkit && Arg.getKind() == TemplateArgument::Type)
        escape(Arg.getAsType());
    }
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(FD->getDeclContext()))
    mentionTag(Spec);
  if (OfToolkit)
    for (const ParmVarDecl *P : FD->parameters())
      escape(P->getType());
}

void PartBuilder::mentionVariable(const VarDecl *V) {
  // A variable of the function around counts by its value, where that is known.
  if (V->isLocalVarDecl() && !V->isStaticLocal() && !V->getType().isConstQualified()) {
    number(V->isConstexpr());
    return;
  }
  refer(V);
  if (const auto *Spec = dyn_cast<VarTemplateSpecializationDecl>(V))
    for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
      argument(Arg);
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(V->getDeclContext()))
    mentionTag(Spec);
}

static std::pair<unsigned, unsigned> positionOf(const NamedDecl *Param) {
  if (const auto *P = dyn_cast<TemplateTypeParmDecl>(Param))
    return {P->getDepth(), P->getIndex()};
  if (const auto *P = dyn_cast<NonTypeTemplateParmDecl>(Param))
    return {P->getDepth(), P->getIndex()};
  const auto *P = cast<TemplateTemplateParmDecl>(Param);
  return {P->getDepth(), P->getIndex()};
}

void PartBuilder::mention(const Decl *D) {
  if (const auto *Using = dyn_cast<UsingShadowDecl>(D))
    D = Using->getTargetDecl();
  number(D->getKind());
  if (auto It = Locals.find(D); It != Locals.end())
    return number(It->second);
  if (const auto *Named = dyn_cast<NamedDecl>(D); Named && Named->isTemplateParameter()) {
    auto [Depth, Index] = positionOf(Named);
    number(Depth);
    return number(Index);
  }
  if (const auto *P = dyn_cast<ParmVarDecl>(D))
    return number(P->getFunctionScopeIndex());
  if (const auto *Constant = dyn_cast<EnumConstantDecl>(D)) {
    type(Constant->getType());
    const auto *Enum = cast<EnumDecl>(Constant->getDeclContext());
    if (!Enum->isDependentContext())
      return text(llvm::toString(Constant->getInitVal(), 16));
    // The values of a template's are not known yet.
    for (const EnumConstantDecl *It : Enum->enumerators()) {
      number(It == Constant);
      statement(It->getInitExpr());
    }
    return;
  }
  if (const auto *Field = dyn_cast<FieldDecl>(D)) {
    number(Field->getFieldIndex());
    return mentionTag(Field->getParent());
  }
  if (const auto *Chain = dyn_cast<IndirectFieldDecl>(D)) {
    for (const NamedDecl *Link : Chain->chain())
      mention(Link);
    return;
  }
  if (const auto *Binding = dyn_cast<BindingDecl>(D)) {
    refer(Binding->getDecomposedDecl());
    return type(Binding->getType());
  }
  if (const auto *FD = dyn_cast<FunctionDecl>(D))
    return mentionFunction(FD);
  if (const auto *V = dyn_cast<VarDecl>(D))
    return mentionVariable(V);
  if (const auto *Tag = dyn_cast<TagDecl>(D))
    return mentionTag(Tag);
  if (const auto *Object = dyn_cast<TemplateParamObjectDecl>(D))
    return value(Object->getType(), Object->getValue());
  if (isa<TemplateDecl>(D))
    return refer(D);
  if (const auto *Named = dyn_cast<NamedDecl>(D))
    text(Named->getNameAsString());
}

CodePart PartBuilder::finish() {
  llvm::XXH128_hash_t Hash = llvm::xxh3_128bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(Buffer.data()), Buffer.size()));
  Part.Digest = llvm::utohexstr(Hash.high64, /*LowerCase=*/true, /*Width=*/16) +
                llvm::utohexstr(Hash.low64, /*LowerCase=*/true, /*Width=*/16);
  return std::move(Part);
}

} // namespace tlplugin
