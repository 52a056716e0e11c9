// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/SourceIndex.h"
#include "plugin/AutotuneAttr.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;

namespace tlplugin {

SourceIndex::SourceIndex(Session &T) : T(T), SM(T.S.getSourceManager()), PP(T.S.getPreprocessor()) {
  index(T.S.Context.getTranslationUnitDecl());
  indexSkipped();
}

bool SourceIndex::isUserCode(const Decl *D) const {
  SourceLocation Loc = SM.getExpansionLoc(D->getLocation());
  return Loc.isValid() && !D->isImplicit() && !SM.isInSystemHeader(Loc) && !T.Generated.contains(D);
}

void SourceIndex::index(const DeclContext *DC) {
  for (const Decl *D : DC->decls()) {
    if (const auto *Namespace = dyn_cast<NamespaceDecl>(D)) {
      // The library's own headers have a version of their own, which is part of what is compared.
      bool Library = Namespace->getName() == "tl" && DC->isTranslationUnit();
      bool Standard = Namespace->isStdNamespace() && SM.isInSystemHeader(Namespace->getLocation());
      if (!Library && !Standard)
        index(Namespace);
    } else if (isa<LinkageSpecDecl, ExportDecl>(D)) {
      index(cast<DeclContext>(D));
    } else if (isUserCode(D)) {
      add(D);
    }
  }
}

void SourceIndex::addName(const IdentifierInfo *Name, const Decl *D) {
  if (Name)
    ByName[Name].push_back(D);
}

static bool isReachedUnnamed(const FunctionDecl *FD) {
  if (FD->isOverloadedOperator() ||
      FD->getDeclName().getNameKind() == DeclarationName::CXXLiteralOperatorName)
    return true;
  const IdentifierInfo *Name = FD->getIdentifier();
  return Name && (Name->isStr("begin") || Name->isStr("end") || Name->isStr("get"));
}

void SourceIndex::add(const Decl *D) {
  const auto *Named = dyn_cast<NamedDecl>(D);
  if (!Named)
    return;
  addName(Named->getIdentifier(), D);
  if (Named->getAsFunction() || isa<TagDecl, ClassTemplateDecl>(D))
    Bodies.push_back(SM.getExpansionRange(D->getSourceRange()).getAsRange());
  if (const auto *Guide = Named->getDeclName().getCXXDeductionGuideTemplate())
    addName(Guide->getIdentifier(), D);
  const FunctionDecl *FD = Named->getAsFunction();
  if (FD && !isa<CXXMethodDecl>(FD) && isReachedUnnamed(FD))
    Operators.push_back(FD);
  if (const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(D);
      Spec && SM.isInSystemHeader(Spec->getSpecializedTemplate()->getLocation()))
    Specialisations.push_back(Spec);
  // Members that are defined outside of their class belong to it.
  if (const auto *Parent = dyn_cast<CXXRecordDecl>(D->getDeclContext()))
    addName(Parent->getIdentifier(), D);
  if (const auto *Enum = dyn_cast<EnumDecl>(D))
    for (const EnumConstantDecl *Constant : Enum->enumerators())
      addName(Constant->getIdentifier(), D);
}

void SourceIndex::indexSkipped() {
  for (SourceRange Range : T.Skipped) {
    if (SM.isInSystemHeader(Range.getBegin()) || isInLibrary(T, Range.getBegin()))
      continue;
    // Inside of a declaration it is read with that.
    if (llvm::any_of(Bodies, [&](SourceRange Body) {
          return SM.isWrittenInSameFile(Body.getBegin(), Range.getBegin()) &&
                 Body.getBegin() < Range.getBegin() && Range.getBegin() < Body.getEnd();
        }))
      continue;
    auto [File, Offset] = SM.getDecomposedLoc(Range.getBegin());
    unsigned End = SM.getFileOffset(Range.getEnd());
    llvm::StringRef Buffer = SM.getBufferData(File);
    Lexer Lex(SM.getLocForStartOfFile(File), T.S.getLangOpts(), Buffer.begin(),
              Buffer.begin() + Offset, Buffer.end());
    Token Tok;
    int Depth = 0;
    for (bool Last = false; !Last;) {
      Last = Lex.LexFromRawLexer(Tok);
      if (Tok.is(tok::eof) || SM.getFileOffset(Tok.getLocation()) >= End)
        break;
      if (Tok.isOneOf(tok::l_paren, tok::l_brace, tok::l_square))
        ++Depth;
      else if (Tok.isOneOf(tok::r_paren, tok::r_brace, tok::r_square))
        --Depth;
      if (Depth > 0 || !Tok.is(tok::raw_identifier))
        continue;
      IdentifierInfo *Name = PP.getIdentifierInfo(Tok.getRawIdentifier());
      llvm::SmallVector<SourceRange, 1> &Ranges = SkippedByName[Name];
      if (Name->getTokenID() == tok::identifier && (Ranges.empty() || Ranges.back() != Range))
        Ranges.push_back(Range);
    }
  }
}

llvm::ArrayRef<SourceRange> SourceIndex::skipped(const IdentifierInfo *Name) const {
  auto Found = SkippedByName.find(Name);
  if (Found == SkippedByName.end())
    return {};
  return Found->second;
}

llvm::ArrayRef<const Decl *> SourceIndex::declarations(const IdentifierInfo *Name) const {
  auto Found = ByName.find(Name);
  if (Found == ByName.end())
    return {};
  return Found->second;
}

std::string SourceIndex::describe(const Decl *D) {
  const auto *Named = cast<NamedDecl>(D);
  llvm::StringRef Kind = "declaration";
  if (Named->getAsFunction())
    Kind = "function";
  else if (isa<TagDecl, ClassTemplateDecl, TypedefNameDecl, TypeAliasTemplateDecl>(D))
    Kind = "type";
  else if (isa<VarDecl, VarTemplateDecl>(D))
    Kind = "variable";
  return (Kind + " " + Named->getQualifiedNameAsString()).str();
}

const Snippet &SourceIndex::snippet(const Decl *D) {
  std::unique_ptr<Snippet> &Slot = Snippets[D];
  if (Slot)
    return *Slot;
  SourceRange Range = D->getSourceRange();
  const Decl *Inner = D;
  SourceRange Hole;
  if (const auto *Template = dyn_cast<TemplateDecl>(D)) {
    if (const auto *Function = dyn_cast<FunctionTemplateDecl>(D))
      if (const AnnotateAttr *Attr = findAutotuneAttr(Function))
        Hole = Attr->getRange();
    if (Template->getTemplatedDecl())
      Inner = Template->getTemplatedDecl();
  }
  // Leading attributes stand before what Clang takes for the beginning of a declaration.
  for (const Attr *A : Inner->attrs()) {
    SourceLocation Begin = SM.getExpansionLoc(A->getRange().getBegin());
    SourceLocation Current = SM.getExpansionLoc(Range.getBegin());
    if (!A->isImplicit() && Begin.isValid() && SM.isWrittenInSameFile(Begin, Current) &&
        SM.isBeforeInTranslationUnit(Begin, Current))
      Range.setBegin(Begin);
  }
  auto Made = std::make_unique<Snippet>(snippet(Range, D->getLocation(), Hole));
  // The map may have grown in the meantime.
  std::unique_ptr<Snippet> &Again = Snippets[D];
  Again = std::move(Made);
  return *Again;
}

Snippet SourceIndex::snippet(SourceRange Range, SourceLocation Self, SourceRange Hole) {
  Snippet Out;
  llvm::MD5 Hash;
  lexRange(Range, Self, Hole, Out, Hash);
  llvm::MD5::MD5Result Result;
  Hash.final(Result);
  Out.Digest = Result.digest().str();
  return Out;
}

static void hashToken(llvm::MD5 &Hash, llvm::StringRef Text) {
  // `> >` and `>>` close template argument lists alike.
  if (Text == ">>") {
    hashToken(Hash, ">");
    Text = ">";
  }
  Hash.update(Text);
  Hash.update(llvm::StringRef("\0", 1));
}

void SourceIndex::note(llvm::StringRef Text, SourceLocation Where, bool IsMember, Snippet &Out) {
  IdentifierInfo *Name = PP.getIdentifierInfo(Text);
  if (MacroInfo *Info = PP.getMacroDefinitionAtLoc(Name, Where).getMacroInfo()) {
    Out.Macros.push_back({Name, Info, Where});
    return;
  }
  if (!IsMember && Name->getTokenID() == tok::identifier)
    Out.Names.push_back(Name);
}

void SourceIndex::lexRange(SourceRange Range, SourceLocation Self, SourceRange Hole, Snippet &Out,
                           llvm::MD5 &Hash) {
  CharSourceRange Chars = Lexer::makeFileCharRange(
      CharSourceRange::getTokenRange(SM.getExpansionRange(Range).getAsRange()), SM,
      T.S.getLangOpts());
  if (Chars.isInvalid())
    return;
  auto [File, Begin] = SM.getDecomposedLoc(Chars.getBegin());
  unsigned End = SM.getFileOffset(Chars.getEnd());
  unsigned HoleBegin = ~0u, HoleEnd = 0;
  if (Hole.isValid()) {
    CharSourceRange Gap = Lexer::makeFileCharRange(
        CharSourceRange::getTokenRange(SM.getExpansionRange(Hole).getAsRange()), SM,
        T.S.getLangOpts());
    if (Gap.isValid() && SM.getFileID(Gap.getBegin()) == File) {
      HoleBegin = SM.getFileOffset(Gap.getBegin());
      HoleEnd = SM.getFileOffset(Gap.getEnd());
    }
  }
  llvm::StringRef Buffer = SM.getBufferData(File);
  Lexer Lex(SM.getLocForStartOfFile(File), T.S.getLangOpts(), Buffer.begin(),
            Buffer.begin() + Begin, Buffer.end());
  Token Tok;
  bool IsMember = false, Directive = false, Included = false;
  for (;;) {
    bool Last = Lex.LexFromRawLexer(Tok);
    unsigned Offset = SM.getFileOffset(Tok.getLocation());
    if (Tok.is(tok::eof) || Offset >= End)
      break;
    if (Offset >= HoleBegin && Offset < HoleEnd)
      continue;
    std::string Text = Lexer::getSpelling(Tok, SM, T.S.getLangOpts());
    hashToken(Hash, Text);
    if (Tok.is(tok::raw_identifier)) {
      Included |= Directive && Text == "include";
      // A declaration does not refer to everything else that has its name.
      if (Tok.getLocation() != Self || PP.getIdentifierInfo(Text)->hadMacroDefinition())
        note(Text, Tok.getLocation(), IsMember || Tok.getLocation() == Self, Out);
    }
    IsMember = Tok.isOneOf(tok::period, tok::arrow);
    Directive = Tok.is(tok::hash);
    if (Last)
      break;
  }
  if (Included)
    lexIncluded(SourceRange(Chars.getBegin(), Chars.getEnd()), Out, Hash);
}

/// Lists that a declaration includes (X macros) are part of it.
void SourceIndex::lexIncluded(SourceRange Range, Snippet &Out, llvm::MD5 &Hash) {
  for (unsigned I = 0; I < SM.local_sloc_entry_size(); ++I) {
    const SrcMgr::SLocEntry &Entry = SM.getLocalSLocEntry(I);
    if (!Entry.isFile())
      continue;
    SourceLocation From = Entry.getFile().getIncludeLoc();
    if (From.isInvalid() || SM.getFileID(From) != SM.getFileID(Range.getBegin()) ||
        From < Range.getBegin() || !(From < Range.getEnd()))
      continue;
    FileID File = SM.getFileID(SourceLocation::getFromRawEncoding(Entry.getOffset()));
    lexRange(SourceRange(SM.getLocForStartOfFile(File), SM.getLocForEndOfFile(File)), {}, {}, Out,
             Hash);
  }
}

const Snippet &SourceIndex::snippet(const MacroUse &Macro) {
  std::unique_ptr<Snippet> &Slot = MacroSnippets[Macro.Info];
  if (Slot)
    return *Slot;
  Slot = std::make_unique<Snippet>();
  Snippet &Out = *Slot;
  SourceLocation Loc = Macro.Info->getDefinitionLoc();
  // What the target defines is covered by the flags; what a toolkit defines is the toolkit's.
  bool FromCommandLine = SM.isWrittenInCommandLineFile(Loc);
  if (Macro.Info->isBuiltinMacro() || Loc.isInvalid() ||
      (!FromCommandLine && (SM.isWrittenInBuiltinFile(Loc) || SM.isInSystemHeader(Loc))))
    return Out;
  llvm::MD5 Hash;
  hashToken(Hash, Macro.Info->isFunctionLike() ? "(" : "");
  for (const IdentifierInfo *Param : Macro.Info->params())
    hashToken(Hash, Param->getName());
  bool IsMember = false;
  for (const Token &Tok : Macro.Info->tokens()) {
    std::string Text = PP.getSpelling(Tok);
    hashToken(Hash, Text);
    if (Tok.getIdentifierInfo())
      note(Text, Macro.Where, IsMember, Out);
    IsMember = Tok.isOneOf(tok::period, tok::arrow);
  }
  llvm::MD5::MD5Result Result;
  Hash.final(Result);
  Out.Digest = Result.digest().str();
  return Out;
}

} // namespace tlplugin
