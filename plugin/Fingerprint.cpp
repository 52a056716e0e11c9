// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Fingerprint.h"
#include "plugin/SourceIndex.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/AST/TypeVisitor.h"
#include "clang/Basic/CharInfo.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroInfo.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MD5.h"
#include <algorithm>

using namespace clang;

namespace tlplugin {
namespace {

/// Names that macros paste together stand in no source.
class PastedNames : public RecursiveASTVisitor<PastedNames> {
public:
  explicit PastedNames(ASTContext &C) : C(C), SM(C.getSourceManager()) {}

  bool VisitDeclRefExpr(DeclRefExpr *E) { return note(E->getLocation()); }
  bool VisitOverloadExpr(OverloadExpr *E) { return note(E->getNameLoc()); }
  bool VisitTypeLoc(TypeLoc Loc) { return note(Loc.getBeginLoc()); }

  llvm::SmallVector<const IdentifierInfo *, 4> Found;

private:
  bool note(SourceLocation Loc) {
    Loc = SM.getSpellingLoc(Loc);
    if (Loc.isInvalid() || !SM.isWrittenInScratchSpace(Loc))
      return true;
    llvm::SmallString<32> Buffer;
    llvm::StringRef Name = Lexer::getSpelling(Loc, Buffer, SM, C.getLangOpts());
    if (isAsciiIdentifierStart(Name.empty() ? '0' : Name.front()))
      Found.push_back(&C.Idents.get(Name));
    return true;
  }

  ASTContext &C;
  SourceManager &SM;
};

/// Walks from one factory over everything that it reaches by name.
class Closure {
public:
  Closure(SourceIndex &Index) : Index(Index) {}

  void addFactory(const Dispatcher &D) {
    for (const auto *Redecl : D.Source->Template->redecls())
      reach(Redecl);
    const TemplateArgumentList *Args = D.Default->getTemplateSpecializationArgs();
    for (unsigned I = 0; I < D.Source->FirstTunable && I < Args->size(); ++I)
      addArgument(Args->get(I));
  }

  /// An option stands inside the factory's attribute, whose tokens do not count.
  void addOption(const Option &O) {
    Snippet S = Index.snippet(O.Whole->getSourceRange());
    Entries.push_back("option " + O.Keyword.str() + " " + S.Digest);
    use(S);
  }

  void run() {
    do {
      while (!Pending.empty()) {
        const Decl *D = Pending.pop_back_val();
        const Snippet &S = Index.snippet(D);
        Entries.push_back(SourceIndex::describe(D) + " " + S.Digest);
        if (use(S))
          reachPasted(D);
      }
    } while (addOperators());
  }

  std::vector<std::string> Entries;

private:
  bool reach(const Decl *D) {
    if (!Reached.insert(D).second)
      return false;
    if (const auto *RD = D->getAsFunction() ? nullptr : recordOf(D))
      Records.insert(RD->getCanonicalDecl());
    Pending.push_back(D);
    return true;
  }

  static const TagDecl *recordOf(const Decl *D) {
    if (const auto *Template = dyn_cast<ClassTemplateDecl>(D))
      return Template->getTemplatedDecl();
    return dyn_cast<TagDecl>(D);
  }

  void reachName(const IdentifierInfo *Name) {
    if (!Name || !Names.insert(Name).second)
      return;
    for (const Decl *D : Index.declarations(Name))
      reach(D);
    for (SourceRange Range : Index.skipped(Name)) {
      if (!SkippedRanges.insert(Range.getBegin()).second)
        continue;
      Snippet S = Index.snippet(Range);
      Entries.push_back("skipped " + Name->getName().str() + " " + S.Digest);
      use(S);
    }
  }

  void reachPasted(const Decl *D) {
    PastedNames Pasted(D->getASTContext());
    Pasted.TraverseDecl(const_cast<Decl *>(D));
    for (const IdentifierInfo *Name : Pasted.Found)
      reachName(Name);
  }

  /// Whether a macro in it, or in one of those, pastes tokens together.
  bool use(const Snippet &S) {
    bool Pastes = false;
    for (const IdentifierInfo *Name : S.Names)
      reachName(Name);
    for (const MacroUse &Macro : S.Macros) {
      // `assert` is the toolkit's, but whether it does anything is the user's choice.
      if (Macro.Name->isStr("assert"))
        Entries.push_back(Macro.Info->getNumTokens() > 8 ? "flag assert on" : "flag assert off");
      bool Own = llvm::any_of(Macro.Info->tokens(),
                              [](const Token &Tok) { return Tok.is(tok::hashhash); });
      auto [Known, Added] = Macros.try_emplace(Macro.Info, Own);
      Pastes |= Known->second;
      if (!Added)
        continue;
      const Snippet &Body = Index.snippet(Macro);
      if (Body.Digest.empty())
        continue;
      Entries.push_back("macro " + Macro.Name->getName().str() + " " + Body.Digest);
      if (use(Body))
        Macros[Macro.Info] = Pastes = true;
    }
    return Pastes;
  }

  void addArgument(const TemplateArgument &Arg) {
    switch (Arg.getKind()) {
    case TemplateArgument::Type:
      addType(Arg.getAsType());
      break;
    case TemplateArgument::Declaration:
      reachName(Arg.getAsDecl()->getIdentifier());
      break;
    case TemplateArgument::Template:
      if (const TemplateDecl *Template = Arg.getAsTemplate().getAsTemplateDecl())
        reachName(Template->getIdentifier());
      break;
    case TemplateArgument::Pack:
      for (const TemplateArgument &Inner : Arg.pack_elements())
        addArgument(Inner);
      break;
    default:
      break;
    }
  }

  void addType(QualType Type) {
    Type = Type.getNonReferenceType().getCanonicalType();
    while (!Type->getPointeeType().isNull() || Type->isArrayType())
      Type = Type->isArrayType() ? QualType(Type->getArrayElementTypeNoTypeQual(), 0)
                                 : Type->getPointeeType();
    const TagDecl *Tag = Type->getAsTagDecl();
    if (!Tag)
      return;
    if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(Tag))
      for (const TemplateArgument &Arg : Spec->getTemplateArgs().asArray())
        addArgument(Arg);
    if (Tag->getIdentifier())
      reachName(Tag->getIdentifier());
    else if (const auto *RD = dyn_cast<CXXRecordDecl>(Tag); RD && RD->isLambda())
      reach(Tag);
    // A local class is found under no name.
    if (Tag->getDeclContext()->isFunctionOrMethod())
      reach(Tag);
  }

  /// Operators of types that were reached, and what their types have specialised.
  bool addOperators() {
    bool Added = false;
    for (const FunctionDecl *FD : Index.operators()) {
      const Decl *D = FD->getDescribedFunctionTemplate();
      if (!D)
        D = FD;
      if (!Reached.contains(D) && concerns(FD))
        Added |= reach(D);
    }
    for (const ClassTemplateSpecializationDecl *Spec : Index.specialisations())
      if (!Reached.contains(Spec) && concerns(Spec))
        Added |= reach(Spec);
    return Added;
  }

  bool concerns(const FunctionDecl *FD) const {
    for (const ParmVarDecl *P : FD->parameters()) {
      QualType Type = P->getType().getNonReferenceType();
      if (Type->isPointerType())
        Type = Type->getPointeeType();
      if (Type->getAs<TemplateTypeParmType>())
        return true;
      const TagDecl *Tag = Type->getAsTagDecl();
      if (const auto *Spec = Type->getAs<TemplateSpecializationType>(); !Tag && Spec)
        if (const auto *Template =
                dyn_cast_or_null<ClassTemplateDecl>(Spec->getTemplateName().getAsTemplateDecl()))
          Tag = Template->getTemplatedDecl();
      if (const auto *Spec = dyn_cast_or_null<ClassTemplateSpecializationDecl>(Tag))
        Tag = Spec->getSpecializedTemplate()->getTemplatedDecl();
      if (Tag && Records.contains(Tag->getCanonicalDecl()))
        return true;
    }
    return FD->getDeclName().getNameKind() == DeclarationName::CXXLiteralOperatorName ||
           isAllocation(FD);
  }

  /// Any code may allocate, without an operand of a type that was reached.
  static bool isAllocation(const FunctionDecl *FD) {
    OverloadedOperatorKind Operator = FD->getOverloadedOperator();
    return Operator == OO_New || Operator == OO_Array_New || Operator == OO_Delete ||
           Operator == OO_Array_Delete;
  }

  bool concerns(const ClassTemplateSpecializationDecl *Spec) const {
    return llvm::any_of(Spec->getTemplateArgs().asArray(), [&](const TemplateArgument &Arg) {
      const TagDecl *Tag =
          Arg.getKind() == TemplateArgument::Type ? Arg.getAsType()->getAsTagDecl() : nullptr;
      return Tag && Records.contains(Tag->getCanonicalDecl());
    });
  }

  SourceIndex &Index;
  llvm::SmallVector<const Decl *, 32> Pending;
  llvm::DenseSet<const Decl *> Reached;
  llvm::DenseSet<const TagDecl *> Records;
  llvm::DenseSet<const IdentifierInfo *> Names;
  llvm::DenseMap<const MacroInfo *, bool> Macros; ///< and whether they paste
  llvm::DenseSet<SourceLocation> SkippedRanges;
};

} // namespace

/// Options that decide which results are right, or which problems are told apart. The others
/// (limits, sample counts, the profiler) change how well was measured, not what.
static bool changesResults(llvm::StringRef Keyword) {
  return llvm::is_contained({"reference", "check", "check_repeat", "tolerance", "skip_check", "key",
                             "eligible", "supply"},
                            Keyword);
}

Fingerprint computeFingerprint(Session &T, const Dispatcher &D, const VariantList &List) {
  if (!T.Index)
    T.Index = std::make_shared<SourceIndex>(T);
  Closure Walk(*T.Index);
  Walk.addFactory(D);
  for (const Option &O : D.Source->Options)
    if (changesResults(O.Keyword))
      Walk.addOption(O);
  Walk.run();
  Fingerprint Result;
  Result.Entries = std::move(Walk.Entries);
  Result.Entries.push_back("specialisation " + D.Id);
  for (const std::string &Flag : T.Args.Flags)
    Result.Entries.push_back("flag " + Flag);
  for (const Variant &V : List.Variants)
    Result.Entries.push_back("config " + V.Text);
  Result.Entries.push_back("default " + List.Variants[List.Default].Text);
  std::sort(Result.Entries.begin(), Result.Entries.end());
  Result.Entries.erase(std::unique(Result.Entries.begin(), Result.Entries.end()),
                       Result.Entries.end());
  llvm::MD5 Hash;
  for (const std::string &Entry : Result.Entries) {
    Hash.update(Entry);
    Hash.update("\n");
  }
  llvm::MD5::MD5Result Digest;
  Hash.final(Digest);
  Result.Digest = Digest.digest().str();
  return Result;
}

} // namespace tlplugin
