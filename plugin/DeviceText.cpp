// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceText.h"
#include "plugin/Lookup.h"
#include "plugin/OriginalSource.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/MD5.h"
#include <set>

using namespace clang;

namespace tlplugin {

DeviceText::DeviceText(Session &InT, std::shared_ptr<OriginalSource> InOriginal)
    : T(InT), Original(std::move(InOriginal)),
      SM(Original ? Original->getSourceManager() : T.S.getSourceManager()),
      PP(Original ? Original->getPreprocessor() : T.S.getPreprocessor()) {
  for (unsigned I = 0; Original && I < SM.local_sloc_entry_size(); ++I)
    if (const SrcMgr::SLocEntry &Entry = SM.getLocalSLocEntry(I); Entry.isFile()) {
      SourceLocation Start = SourceLocation::getFromRawEncoding(Entry.getOffset());
      if (PresumedLoc At = SM.getPresumedLoc(Start); At.isValid())
        Files[At.getFilename()].push_back(SM.getFileID(Start));
    }
  for (SourceRange It : Original ? Original->Skipped : T.Skipped) {
    auto [File, Begin] = SM.getDecomposedLoc(It.getBegin());
    if (isUsers(It.getBegin()))
      Skipped[File].push_back({Begin, SM.getFileOffset(It.getEnd())});
  }
  for (auto &Entry : Skipped)
    llvm::sort(Entry.second, [](Range A, Range B) { return A.Begin < B.Begin; });
  // The headers of toolkits are full of them: only those that something reached is in are looked
  // at.
  llvm::SmallVector<FileID, 16> Order;
  for (const auto &Entry : Skipped)
    if (!SM.isInSystemHeader(SM.getLocForStartOfFile(Entry.first)))
      Order.push_back(Entry.first);
  llvm::sort(Order);
  for (FileID File : Order)
    indexFile(File);
  OfUser.insert(Order.begin(), Order.end());
}

void DeviceText::begin() { Active = OfUser; }

bool DeviceText::isUsers(SourceLocation Loc) const {
  if (!Original)
    return !isInLibrary(T, Loc) && !isToolkitFile(T, Loc);
  llvm::StringRef File = SM.getPresumedLoc(Loc).getFilename();
  return !isLibraryFile(File) && !(SM.isInSystemHeader(Loc) && isInToolkitFolder(T, File));
}

/// Where the original has the token that the tree has at Loc, its begin or its end. Macros before
/// it in its line are expanded in the tree, so that the nearest one of the spelling is taken.
static unsigned findOriginal(const SourceManager &Tree, SourceLocation Loc, const SourceManager &SM,
                             FileID File, const LangOptions &Lang, bool AtEnd) {
  PresumedLoc At = Tree.getPresumedLoc(Loc);
  llvm::StringRef Buffer = SM.getBufferData(File);
  SourceLocation Start = SM.translateLineCol(File, At.getLine(), 1);
  size_t Begin = Start.isValid() ? SM.getFileOffset(Start) : Buffer.size();
  llvm::StringRef Line = Buffer.substr(Begin).split('\n').first;
  llvm::StringRef Token(Tree.getCharacterData(Loc), Lexer::MeasureTokenLength(Loc, Tree, Lang));
  size_t Best = llvm::StringRef::npos, Column = At.getColumn() - 1;
  auto Distance = [&](size_t I) { return I > Column ? I - Column : Column - I; };
  for (size_t I = Line.find(Token); I != llvm::StringRef::npos; I = Line.find(Token, I + 1))
    if (Best == llvm::StringRef::npos || Distance(I) < Distance(Best))
      Best = I;
  if (Best != llvm::StringRef::npos)
    return Begin + Best + (AtEnd ? Token.size() : 0);
  return Begin + (AtEnd ? Line.size() : 0);
}

llvm::SmallVector<DeviceText::Place, 1> DeviceText::textOf(const Decl *D) const {
  const SourceManager &Tree = T.S.getSourceManager();
  const LangOptions &Lang = T.S.getLangOpts();
  SourceRange Range = Tree.getExpansionRange(D->getSourceRange()).getAsRange();
  if (!Original) {
    CharSourceRange Chars =
        Lexer::makeFileCharRange(CharSourceRange::getTokenRange(Range), Tree, Lang);
    if (Chars.isInvalid())
      return {};
    auto [File, Begin] = Tree.getDecomposedLoc(Chars.getBegin());
    return {{File, {Begin, Tree.getFileOffset(Chars.getEnd())}}};
  }
  PresumedLoc Begin = Tree.getPresumedLoc(Range.getBegin());
  if (Begin.isInvalid() || Range.getEnd().isInvalid())
    return {};
  llvm::SmallVector<Place, 1> Found;
  for (FileID File : Files.lookup(Begin.getFilename()))
    Found.push_back({File,
                     {findOriginal(Tree, Range.getBegin(), SM, File, Lang, /*AtEnd=*/false),
                      findOriginal(Tree, Range.getEnd(), SM, File, Lang, /*AtEnd=*/true)}});
  return Found;
}

namespace {
/// Calls back for each raw token of a part of a file.
template <class Callback>
void lex(const SourceManager &SM, const LangOptions &Lang, FileID File, unsigned Begin,
         unsigned End, Callback OnToken) {
  llvm::StringRef Buffer = SM.getBufferData(File);
  Lexer Lex(SM.getLocForStartOfFile(File), Lang, Buffer.begin(), Buffer.begin() + Begin,
            Buffer.end());
  Token Tok;
  for (bool Last = false; !Last;) {
    Last = Lex.LexFromRawLexer(Tok);
    if (Tok.is(tok::eof) || SM.getFileOffset(Tok.getLocation()) >= End)
      return;
    OnToken(Tok);
  }
}
} // namespace

/// Those that are at namespace scope: others are read with the declaration that they stand in.
std::vector<DeviceText::Range> DeviceText::outsideOfBraces(FileID File,
                                                           const std::vector<Range> &All) {
  std::vector<Range> Outside;
  llvm::SmallVector<bool, 8> Open; // whether that brace is a namespace's
  size_t Next = 0;
  bool Namespace = false;
  auto Pass = [&](unsigned Offset) {
    for (; Next < All.size() && All[Next].Begin <= Offset; ++Next)
      if (!llvm::is_contained(Open, false))
        Outside.push_back(All[Next]);
  };
  lex(SM, T.S.getLangOpts(), File, 0, ~0u, [&](const Token &Tok) {
    unsigned Offset = SM.getFileOffset(Tok.getLocation());
    Pass(Offset);
    if (Next > 0 && Offset < All[Next - 1].End)
      return; // what is left out opens and closes nothing
    if (Tok.is(tok::l_brace)) {
      Open.push_back(Namespace);
      Namespace = false;
    } else if (Tok.is(tok::r_brace)) {
      if (!Open.empty())
        Open.pop_back();
    } else if (Tok.isOneOf(tok::semi, tok::r_paren)) {
      Namespace = false;
    } else if (Tok.is(tok::raw_identifier)) {
      Namespace |= Tok.getRawIdentifier() == "namespace" || Tok.getRawIdentifier() == "extern";
    }
  });
  Pass(~0u);
  return Outside;
}

void DeviceText::indexFile(FileID File) {
  auto Found = Skipped.find(File);
  if (Found == Skipped.end() || !Indexed.insert(File).second)
    return;
  for (Range It : outsideOfBraces(File, Found->second)) {
    int Depth = 0;
    lex(SM, T.S.getLangOpts(), File, It.Begin, It.End, [&](const Token &Tok) {
      if (Tok.isOneOf(tok::l_paren, tok::l_brace, tok::l_square))
        ++Depth;
      else if (Tok.isOneOf(tok::r_paren, tok::r_brace, tok::r_square))
        --Depth;
      if (Depth <= 0 && Tok.is(tok::raw_identifier)) {
        IdentifierInfo *Id = PP.getIdentifierInfo(Tok.getRawIdentifier());
        // `__device__` and the like declare nothing.
        if (const MacroInfo *Info =
                PP.getMacroDefinitionAtLoc(Id, Tok.getLocation()).getMacroInfo();
            Info && SM.isInSystemHeader(Info->getDefinitionLoc()))
          return;
        llvm::SmallVector<Place, 1> &Places = ByName[Id];
        if (Places.empty() || Places.back().File != File || Places.back().At.Begin != It.Begin)
          Places.push_back({File, It});
      }
    });
  }
}

const std::vector<DeviceText::Range> *DeviceText::rangesOf(FileID File) {
  auto Found = Skipped.find(File);
  return Found == Skipped.end() ? nullptr : &Found->second;
}

/// What one declaration's text leads to.
class DeviceText::Reader {
public:
  Reader(DeviceText &InText, const Decl *InD) : Text(InText), D(InD) {}

  void run() {
    const auto *Named = dyn_cast<NamedDecl>(D);
    const IdentifierInfo *Own = Named ? Named->getIdentifier() : nullptr;
    for (const Place &Source : Text.textOf(D)) {
      Text.indexFile(Source.File);
      Text.Active.insert(Source.File);
      if (const std::vector<Range> *Ranges = Text.rangesOf(Source.File))
        for (Range It : *Ranges)
          if (Source.At.Begin <= It.Begin && It.End <= Source.At.End)
            add({Source.File, It});
      // The declaration's own name leads to others of that name no more than the tree does.
      bool OwnSeen = false;
      lex(Text.SM, Text.PP.getLangOpts(), Source.File, Source.At.Begin, Source.At.End,
          [&](const Token &Tok) {
            if (!Tok.is(tok::raw_identifier))
              return;
            if (Own && !OwnSeen && Tok.getRawIdentifier() == Own->getName())
              OwnSeen = true;
            else
              follow(Tok.getRawIdentifier(), Tok.getLocation(), nullptr, nullptr);
          });
    }
    for (size_t Next = 0; Next < Places.size(); ++Next)
      read(Places[Next]);
  }

  std::vector<Piece> Pieces;

private:
  void add(Place It) {
    if (Seen.insert({It.File.getHashValue(), It.At.Begin}).second)
      Places.push_back(It);
  }

  void read(Place It) {
    Piece Made;
    llvm::MD5 Hash;
    lex(Text.SM, Text.PP.getLangOpts(), It.File, It.At.Begin, It.At.End, [&](const Token &Tok) {
      std::string Spelling = Lexer::getSpelling(Tok, Text.SM, Text.PP.getLangOpts());
      Hash.update(Spelling);
      Hash.update(llvm::StringRef("\0", 1));
      if (Tok.is(tok::raw_identifier))
        follow(Spelling, Tok.getLocation(), &Made, &Hash);
    });
    llvm::MD5::MD5Result Result;
    Hash.final(Result);
    Made.Digest = Result.digest().str();
    Pieces.push_back(std::move(Made));
  }

  /// A name in the text. Of a macro, what it is defined as counts.
  void follow(llvm::StringRef Name, SourceLocation Where, Piece *In, llvm::MD5 *Hash) {
    IdentifierInfo *Id = Text.PP.getIdentifierInfo(Name);
    if (auto Found = Text.ByName.find(Id);
        Found != Text.ByName.end() && !Id->isKeyword(Text.PP.getLangOpts()))
      for (Place It : Found->second)
        if (Text.Active.contains(It.File))
          add(It);
    if (const MacroInfo *Info = Text.PP.getMacroDefinitionAtLoc(Id, Where).getMacroInfo()) {
      followMacro(Info, Where, In, Hash);
      return;
    }
    if (In && Looked.insert(Id).second)
      lookUp(Id, *In);
  }

  void followMacro(const MacroInfo *Info, SourceLocation Where, Piece *In, llvm::MD5 *Hash) {
    SourceLocation Loc = Info->getDefinitionLoc();
    bool FromCommandLine = Text.SM.isWrittenInCommandLineFile(Loc);
    if (!Macros.insert(Info).second || Info->isBuiltinMacro() || Loc.isInvalid() ||
        (!FromCommandLine &&
         (Text.SM.isWrittenInBuiltinFile(Loc) || Text.SM.isInSystemHeader(Loc))))
      return;
    for (const Token &Tok : Info->tokens()) {
      std::string Spelling = Text.PP.getSpelling(Tok);
      if (Hash) {
        Hash->update(Spelling);
        Hash->update(llvm::StringRef("\0", 1));
      }
      if (Tok.getIdentifierInfo())
        follow(Spelling, Where, In, Hash);
    }
  }

  void lookUp(const IdentifierInfo *Id, Piece &In) {
    Id = &Text.T.S.Context.Idents.get(Id->getName()); // the original has names of its own
    for (const DeclContext *DC = D->getDeclContext(); DC; DC = DC->getParent()) {
      if (!DC->isLookupContext())
        continue;
      for (const NamedDecl *Found : DC->lookup(Id)) {
        const Decl *Target = Found->getUnderlyingDecl();
        if (!isa<NamespaceDecl>(Target) && !Target->isImplicit() &&
            !Text.T.Generated.contains(Target) && !isToolkitCode(Text.T, Target))
          In.Named.push_back(Target);
      }
    }
  }

  DeviceText &Text;
  const Decl *D;
  std::vector<Place> Places;
  std::set<std::pair<unsigned, unsigned>> Seen;
  llvm::DenseSet<const MacroInfo *> Macros;
  llvm::DenseSet<const IdentifierInfo *> Looked;
};

std::vector<DeviceText::Piece> DeviceText::around(const Decl *D) {
  Reader Read(*this, D);
  Read.run();
  return std::move(Read.Pieces);
}

} // namespace tlplugin
