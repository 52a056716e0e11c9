// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/CodeClosure.h"
#include "plugin/DeviceText.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace tlplugin {

static std::string describe(const Decl *D) {
  const auto *Named = dyn_cast<NamedDecl>(D);
  llvm::StringRef Kind = "declaration";
  if (D->getAsFunction())
    Kind = "function";
  else if (isa<TagDecl, ClassTemplateDecl, TypedefNameDecl, TypeAliasTemplateDecl>(D))
    Kind = "type";
  else if (isa<VarDecl, VarTemplateDecl>(D))
    Kind = "variable";
  std::string Text = (Kind + " ").str();
  llvm::raw_string_ostream OS(Text);
  PrintingPolicy Policy = D->getASTContext().getPrintingPolicy();
  Policy.AnonymousTagLocations = false;
  if (Named)
    Named->printQualifiedName(OS, Policy);
  return Text;
}

static void update(llvm::MD5 &Hash, uint64_t Value) {
  Hash.update(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(&Value), sizeof(Value)));
}

unsigned CodeClosure::reach(const Decl *D) {
  D = Parts.represent(D);
  auto [It, Added] = Reached.try_emplace(D, Queue.size());
  if (Added)
    Queue.push_back(D);
  return It->second;
}

void CodeClosure::add(const CodePart &Part) {
  Hash.update(Part.Digest);
  for (const Decl *D : Part.References)
    update(Hash, reach(D));
  for (const LookedUp &Name : Part.Names)
    addName(Name);
  for (const TagDecl *D : Part.Escaping)
    escape(D);
  if (Part.CallsToolkitBlindly)
    addCustomisations();
  NamesInfeasible |= Part.NamesInfeasible;
}

void CodeClosure::visit(const Decl *D) {
  const CodePart &Part = Parts.of(D);
  Entries.push_back(describe(D) + " " + Part.Digest);
  add(Part);
  addScope(D);
  if (const auto *Tag = dyn_cast<TagDecl>(D))
    addRecord(Tag);
  visitText(D);
}

void CodeClosure::visitText(const Decl *D) {
  if (!Text || isToolkitCode(Parts.getSession(), D))
    return;
  for (const DeviceText::Piece &Piece : Text->around(D)) {
    Hash.update(Piece.Digest);
    Entries.push_back("skipped " + Piece.Digest);
    for (const Decl *Named : Piece.Named)
      update(Hash, reach(Named));
  }
}

void CodeClosure::run() {
  for (const auto &[Tag, Spec] : Parts.specialisedForUser())
    Waiting[Tag].push_back(Spec);
  for (; Next < Queue.size(); ++Next)
    visit(Queue[Next]);
}

/// The namespace in which functions for a type, and those that its code calls, are found.
static const DeclContext *scopeOf(const Decl *D) {
  const DeclContext *Scope = D->getDeclContext();
  while (!Scope->isFileContext() || Scope->isInlineNamespace())
    Scope = Scope->getParent();
  return Scope->getPrimaryContext();
}

void CodeClosure::addScope(const Decl *D) {
  const DeclContext *Scope = scopeOf(D);
  if (!Scopes.insert(Scope))
    return;
  // What allocates is found without a name.
  if (Scope->isTranslationUnit())
    for (OverloadedOperatorKind Operator : {OO_New, OO_Array_New, OO_Delete, OO_Array_Delete})
      lookUp(Scope, D->getASTContext().DeclarationNames.getCXXOperatorName(Operator));
  for (unsigned I = 0; I < ByArguments.size(); ++I)
    lookUp(Scope, ByArguments[I]);
}

void CodeClosure::addMember(const Decl *D, bool IsFriend) {
  const auto *Named = dyn_cast<NamedDecl>(D);
  if (!Named || Named->isImplicit() || isa<FieldDecl>(D))
    return;
  if (isa<EnumDecl>(D) && !Named->getIdentifier())
    return;
  DeclarationName Name = Named->getDeclName();
  bool Known = IsFriend ? ByArguments.contains(Name) : Names.contains(Name);
  if (Known)
    static_cast<void>(reach(D));
  else
    (IsFriend ? Friends : Members)[Name].push_back(D);
}

void CodeClosure::addRecord(const TagDecl *D) {
  if (!Records.insert(D).second)
    return;
  if (const auto *RD = dyn_cast<CXXRecordDecl>(D); RD && RD->hasDefinition() && !RD->isLambda()) {
    for (const Decl *Member : RD->decls()) {
      if (const auto *Constants = dyn_cast<EnumDecl>(Member))
        for (const EnumConstantDecl *Constant : Constants->enumerators())
          addMember(Constant, /*IsFriend=*/false);
      addMember(Member, /*IsFriend=*/false);
    }
    for (const FriendDecl *Friend : RD->friends())
      if (const NamedDecl *Function = Friend->getFriendDecl())
        addMember(Function, /*IsFriend=*/true);
  }
  if (auto It = Waiting.find(D); It != Waiting.end()) {
    llvm::SmallVector<const Decl *, 2> Found = std::move(It->second);
    Waiting.erase(It);
    for (const Decl *Candidate : Found)
      if (const auto *Specialised = dyn_cast<TagDecl>(Candidate))
        escape(Specialised); // it is the toolkit that uses it
      else
        static_cast<void>(reach(Candidate));
  }
}

void CodeClosure::escape(const TagDecl *D) {
  D = cast<TagDecl>(Parts.represent(D));
  if (!Escaped.insert(D).second)
    return;
  static_cast<void>(reach(D));
  addCustomisations();
  const auto *RD = dyn_cast<CXXRecordDecl>(D);
  if (!RD || !RD->hasDefinition() || RD->isLambda())
    return;
  for (const Decl *Member : RD->decls())
    if (!Member->isImplicit() && (Member->getAsFunction() || isa<TypedefNameDecl, VarDecl>(Member)))
      static_cast<void>(reach(Member));
}

static void take(llvm::DenseMap<DeclarationName, llvm::SmallVector<const Decl *, 2>> &From,
                 DeclarationName Name, llvm::SmallVectorImpl<const Decl *> &Out) {
  auto It = From.find(Name);
  if (It == From.end())
    return;
  Out.append(It->second.begin(), It->second.end());
  From.erase(It);
}

void CodeClosure::addName(const LookedUp &Name) {
  llvm::SmallVector<const Decl *, 4> Found;
  if (Names.insert(Name.Name).second)
    take(Members, Name.Name, Found);
  bool Added = Name.ByArguments && ByArguments.insert(Name.Name);
  if (Added)
    take(Friends, Name.Name, Found);
  for (const Decl *D : Found)
    static_cast<void>(reach(D));
  if (Added)
    for (unsigned I = 0; I < Scopes.size(); ++I)
      lookUp(Scopes[I], Name.Name);
}

/// What the toolkits' algorithms look up for types that they do not know.
void CodeClosure::addCustomisations() {
  if (Customised)
    return;
  Customised = true;
  ASTContext &C = Parts.getSession().S.Context;
  for (unsigned I = OO_None + 1; I < NUM_OVERLOADED_OPERATORS; ++I)
    addName({C.DeclarationNames.getCXXOperatorName(OverloadedOperatorKind(I)), true});
  for (llvm::StringRef Name : {"begin", "end", "rbegin", "rend", "size", "data", "get", "swap",
                               "iter_move", "iter_swap", "hash_value", "tag_invoke"})
    addName({&C.Idents.get(Name), true});
}

void CodeClosure::lookUp(const DeclContext *Scope, DeclarationName Name) {
  llvm::SmallVector<const Decl *, 4> Found;
  for (const NamedDecl *D : Scope->lookup(Name)) {
    const Decl *Target = D->getUnderlyingDecl();
    if (Target->getAsFunction() && !Target->isImplicit() &&
        !isToolkitCode(Parts.getSession(), Target))
      Found.push_back(Target);
  }
  sortDeclarations(Found);
  for (const Decl *D : Found)
    consider(D);
}

/// A function that was found by its name alone counts for types that it takes.
void CodeClosure::consider(const Decl *Candidate) {
  Session &T = Parts.getSession();
  const FunctionDecl *FD = Candidate->getAsFunction();
  if (T.Generated.contains(FD))
    return;
  OverloadedOperatorKind Operator = FD->getOverloadedOperator();
  bool Allocates = Operator == OO_New || Operator == OO_Array_New || Operator == OO_Delete ||
                   Operator == OO_Array_Delete;
  const SourceManager &SM = T.S.getSourceManager();
  bool IsUsers = !SM.isInSystemHeader(SM.getExpansionLoc(FD->getLocation()));
  bool Fits = false;
  llvm::SmallVector<const TagDecl *, 2> Tags;
  for (const ParmVarDecl *P : FD->parameters()) {
    QualType Type = P->getType().getNonReferenceType();
    if (Type->isPointerType())
      Type = Type->getPointeeType();
    if (Type->getAs<TemplateTypeParmType>())
      Fits = true;
    const TagDecl *Tag = Type->getAsTagDecl();
    if (const auto *Spec = Type->getAs<TemplateSpecializationType>(); !Tag && Spec)
      if (const auto *Template =
              dyn_cast_or_null<ClassTemplateDecl>(Spec->getTemplateName().getAsTemplateDecl()))
        Tag = Template->getTemplatedDecl();
    if (!Tag)
      continue;
    Tag = cast<TagDecl>(Parts.represent(Tag));
    Fits |= Records.contains(Tag) || isToolkitCode(T, Tag);
    Tags.push_back(Tag);
  }
  if (Allocates ? IsUsers : Fits) {
    static_cast<void>(reach(Candidate));
    return;
  }
  if (!Allocates)
    for (const TagDecl *Tag : Tags)
      Waiting[Tag].push_back(Candidate);
}

} // namespace tlplugin
