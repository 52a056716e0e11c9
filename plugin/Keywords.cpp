// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Keywords.h"
#include "plugin/Diagnostics.h"
#include "plugin/KeywordTable.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/PreprocessorOptions.h"

using namespace clang;

namespace tlplugin {

static constexpr llvm::StringLiteral Prefix = "tl_attribute_keyword_";

/// What a namespace has under a name, null for nothing.
static NamedDecl *findMember(Session &T, DeclContext *In, const llvm::Twine &Name) {
  LookupResult R(T.S, &T.S.Context.Idents.get(Name.str()), SourceLocation(),
                 Sema::LookupOrdinaryName);
  R.suppressDiagnostics();
  // A module's includes are hidden from those who import it.
  R.setAllowHidden(true);
  return T.S.LookupQualifiedName(R, In) ? R.getRepresentativeDecl() : nullptr;
}

/// The object that the headers declare for a keyword, null for any other name.
static NamedDecl *findKeyword(Session &T, llvm::StringRef Name) {
  NamespaceDecl *Keywords = findKeywords(T);
  return Keywords ? findMember(T, Keywords, Prefix + Name) : nullptr;
}

namespace {

/// What stands before a name, `tl::keywords::` or `::mine::`, as far as it is made of names.
struct Qualifier {
  bool Global = false; ///< begins with `::`
  llvm::SmallVector<IdentifierInfo *, 4> Names;

  bool empty() const { return !Global && Names.empty(); }
};

/// The namespace that it names where the parser is now, null for a class or for nothing.
static DeclContext *findNamespace(Session &T, const Qualifier &Q) {
  DeclContext *In = Q.Global ? T.S.Context.getTranslationUnitDecl() : nullptr;
  for (IdentifierInfo *Name : Q.Names) {
    LookupResult R(T.S, Name, SourceLocation(), Sema::LookupNestedNameSpecifierName);
    R.suppressDiagnostics();
    R.setAllowHidden(true);
    if (In)
      T.S.LookupQualifiedName(R, In);
    else
      T.S.LookupName(R, T.S.getCurScope() ? T.S.getCurScope() : T.S.TUScope);
    NamedDecl *Found = R.getAsSingle<NamedDecl>();
    if (auto *Alias = dyn_cast_or_null<NamespaceAliasDecl>(Found))
      Found = Alias->getNamespace();
    In = dyn_cast_or_null<NamespaceDecl>(Found);
    if (!In)
      return nullptr;
  }
  return In;
}

/// Reads along with the parser: where in `[[tl::autotune(a, b)]]` an option may begin.
class AttributeReader {
public:
  AttributeReader(std::weak_ptr<Session> T, Preprocessor &PP)
      : Open(std::move(T)), PP(PP), Namespace(&PP.getIdentifierTable().get("tl")),
        Name(&PP.getIdentifierTable().get("autotune")) {}

  void read(Token &Tok) {
    if (Depth == 0) {
      // Two of them begin an attribute in every place.
      bool Square = Tok.is(tok::l_square);
      Depth = Square && AfterSquare ? 2 : 0;
      AfterSquare = Square && Depth == 0;
      if (Depth != 0)
        Scope = ScopeState::Start;
      return;
    }
    bool Scoped = readScope(Tok);
    bool Began = std::exchange(MayBegin, false);
    bool Named = std::exchange(AfterName, false);
    switch (Tok.getKind()) {
    case tok::l_paren:
      if (Named)
        begin(Tok.getLocation());
      [[fallthrough]];
    case tok::l_square:
    case tok::l_brace:
      ++Depth;
      expectOption(Named);
      return;
    case tok::r_paren:
    case tok::r_square:
    case tok::r_brace:
      --Depth;
      InArguments &= Depth > 2;
      return;
    case tok::comma:
      expectOption(InArguments && Depth == 3);
      return;
    case tok::coloncolon: // tl::keywords::check
      if (AfterPart)
        Before.Names.push_back(Part);
      Before.Global |= Began && Before.Names.empty();
      MayBegin = Began || AfterPart;
      AfterPart = false;
      return;
    case tok::identifier:
      AfterName = Scoped && Tok.getIdentifierInfo() == Name;
      AfterPart = Began;
      Part = Tok.getIdentifierInfo();
      if (Began)
        take(Tok);
      return;
    case tok::eof:
      Depth = 0;
      return;
    default:
      AfterPart = false;
    }
  }

private:
  /// `tl::` of one attribute, or `using tl:` of all of a list.
  enum class ScopeState { Start, None, Named, Complete, Using, UsingNamed, UsingComplete };

  /// Whether the scope is ours right before this token.
  bool readScope(const Token &Tok) {
    if (Depth != 2)
      return false;
    // Without a scope at all it is said to lack one, by whoever reads its options.
    bool Ours = Scope == ScopeState::Start || Scope == ScopeState::Complete ||
                Scope == ScopeState::UsingComplete;
    bool IsNamespace = Tok.is(tok::identifier) && Tok.getIdentifierInfo() == Namespace;
    if (Scope == ScopeState::UsingComplete)
      return true;
    if (Tok.is(tok::kw_using))
      Scope = ScopeState::Using;
    else if (IsNamespace)
      Scope = Scope == ScopeState::Using ? ScopeState::UsingNamed : ScopeState::Named;
    else if (Tok.is(tok::coloncolon) && Scope == ScopeState::Named)
      Scope = ScopeState::Complete;
    else if (Tok.is(tok::colon) && Scope == ScopeState::UsingNamed)
      Scope = ScopeState::UsingComplete;
    else
      Scope = Tok.is(tok::comma) ? ScopeState::Start : ScopeState::None;
    return Ours;
  }

  void begin(SourceLocation Loc) {
    InArguments = true;
    std::shared_ptr<Session> T = Open.lock();
    if (!T)
      return;
    // What answers look-ups has to be there before the first of them.
    T->activate();
    // Headers of another version may spell the keywords in another way: that is said before none of
    // them is found.
    if (findKeywords(*T))
      checkHeaderVersion(*T, Loc);
  }

  /// Whether the next token may begin one.
  void expectOption(bool May) {
    MayBegin = May;
    Before = {};
  }

  /// Whether a name is a keyword's where it stands. A namespace that only uses ours may have a
  /// member of its own by that name, which is meant then.
  bool isKeyword(Session &T, llvm::StringRef Text) {
    if (Before.empty())
      return findKeyword(T, Text);
    DeclContext *In = findNamespace(T, Before);
    return In && findMember(T, In, Prefix + Text) &&
           (In->Equals(findKeywords(T)) || !findMember(T, In, Text));
  }

  /// Of a name where an option may begin.
  void take(Token &Tok) {
    std::shared_ptr<Session> T = Open.lock();
    if (!T)
      return;
    T->OptionNames.insert(Tok.getLocation());
    if (!isAssigned(Tok.getLocation()) || !isKeyword(*T, Tok.getIdentifierInfo()->getName()))
      return;
    Tok.setIdentifierInfo(
        &PP.getIdentifierTable().get((Prefix + Tok.getIdentifierInfo()->getName()).str()));
    // Clang reads an attribute's arguments twice, the second time from its memory.
    if (PP.isBacktrackEnabled() && PP.IsPreviousCachedToken(Tok))
      PP.ReplacePreviousCachedToken(Tok);
  }

  /// Whether `=` follows. The tokens behind this one are the parser's to fetch, so that the source
  /// is looked at.
  bool isAssigned(SourceLocation Loc) {
    const SourceManager &SM = PP.getSourceManager();
    auto Follows = [&](SourceLocation At) {
      auto Next = Lexer::findNextToken(At, SM, PP.getLangOpts());
      return Next && Next->is(tok::equal);
    };
    return Follows(SM.getSpellingLoc(Loc)) || (Loc.isMacroID() && Follows(Loc));
  }

  std::weak_ptr<Session> Open;
  Preprocessor &PP;
  const IdentifierInfo *Namespace;
  const IdentifierInfo *Name;
  ScopeState Scope = ScopeState::None;
  unsigned Depth = 0;       ///< open brackets since the attribute began, its own two among them
  bool AfterSquare = false; ///< behind one `[`
  bool AfterName = false;   ///< behind `autotune`
  bool InArguments = false; ///< inside of its parentheses
  bool MayBegin = false;    ///< the next token may be an option's name
  bool AfterPart = false;   ///< behind a name that may be part of a qualified one
  IdentifierInfo *Part = nullptr; ///< that name
  Qualifier Before;               ///< what stood before it
};

/// Lets tokens be watched where attributes with our keywords can be met: behind the headers, or
/// what brings them along. Any other file pays nothing for it.
class HeaderWatch : public PPCallbacks {
public:
  HeaderWatch(std::weak_ptr<Session> T, Preprocessor &PP) : Open(std::move(T)), PP(PP) {}

  void FileChanged(SourceLocation Loc, FileChangeReason Reason, SrcMgr::CharacteristicKind,
                   FileID) override {
    if (Watching || (Reason != EnterFile && Reason != RenameFile))
      return;
    PresumedLoc File = PP.getSourceManager().getPresumedLoc(Loc);
    if (File.isValid() && llvm::StringRef(File.getFilename()).ends_with("keywords.h"))
      watch();
  }
  void moduleImport(SourceLocation, ModuleIdPath, const Module *) override { watch(); }
  void InclusionDirective(SourceLocation, const Token &, StringRef, bool, CharSourceRange,
                          OptionalFileEntryRef, StringRef, StringRef, const Module *,
                          bool ModuleImported, SrcMgr::CharacteristicKind) override {
    if (ModuleImported)
      watch();
  }

  void watch() {
    if (Watching)
      return;
    Watching = true;
    PP.setTokenWatcher([Reader = AttributeReader(Open, PP)](const Token &Tok) mutable {
      // It is the parser's own token, which is no constant.
      Reader.read(const_cast<Token &>(Tok));
    });
  }

private:
  std::weak_ptr<Session> Open;
  Preprocessor &PP;
  bool Watching = false;
};

} // namespace

void watchKeywords(const std::shared_ptr<Session> &T, Preprocessor &PP) {
  auto Watch = std::make_unique<HeaderWatch>(T, PP);
  // A module unit's interface is imported without a word.
  if (!PP.getPreprocessorOpts().ImplicitPCHInclude.empty() || PP.getLangOpts().Modules ||
      PP.isInNamedModule())
    Watch->watch();
  PP.addPPCallbacks(std::move(Watch));
}

bool lookUpKeyword(Session &T, LookupResult &R) {
  const IdentifierInfo *Name = R.getLookupName().getAsIdentifierInfo();
  if (!Name || R.getLookupKind() != Sema::LookupOrdinaryName || R.isForRedeclaration() ||
      !T.OptionNames.contains(R.getNameLoc()))
    return false;
  llvm::StringRef Text = Name->getName();
  Text.consume_front(Prefix);
  NamedDecl *Known = findKeyword(T, Text);
  if (!Known)
    return false;
  R.setAllowHidden(true);
  R.addDecl(Known);
  R.resolveKind();
  return true;
}

const KeywordRow *getKeyword(const ValueDecl *D) {
  if (!D->getIdentifier())
    return nullptr;
  llvm::StringRef Name = D->getName();
  if (!Name.consume_front(Prefix))
    return nullptr;
  const auto *Inner = dyn_cast<NamespaceDecl>(D->getDeclContext()->getRedeclContext());
  if (!Inner || Inner->getName() != "keywords")
    return nullptr;
  const auto *Outer = dyn_cast<NamespaceDecl>(Inner->getDeclContext()->getRedeclContext());
  bool Ours = Outer && Outer->getName() == "tl" &&
              Outer->getDeclContext()->getRedeclContext()->isTranslationUnit();
  return Ours ? findKeywordRow(Name) : nullptr;
}

std::string printWithKeywords(llvm::StringRef Code) {
  std::string Text;
  for (size_t At = Code.find(Prefix); At != llvm::StringRef::npos; At = Code.find(Prefix)) {
    Text += Code.take_front(At);
    Code = Code.drop_front(At + Prefix.size());
  }
  return Text + Code.str();
}

} // namespace tlplugin
