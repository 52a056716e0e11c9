// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The user's declarations by name, and the raw tokens of a piece of source: what a fingerprint is
// made of.

#ifndef TL_PLUGIN_SOURCEINDEX_H
#define TL_PLUGIN_SOURCEINDEX_H

#include "plugin/Session.h"
#include "clang/Lex/Token.h"
#include "llvm/Support/MD5.h"

namespace clang {
class MacroInfo;
class Preprocessor;
} // namespace clang

namespace tlplugin {

/// A macro that is defined where it is named.
struct MacroUse {
  const clang::IdentifierInfo *Name;
  const clang::MacroInfo *Info;
  clang::SourceLocation
      Where; ///< of the outermost name: macros in its body are those defined there
};

/// The tokens of a piece of source, whatever its layout and comments.
struct Snippet {
  std::string Digest;                               ///< empty for source that is not the user's
  std::vector<const clang::IdentifierInfo *> Names; ///< what it may refer to
  std::vector<MacroUse> Macros;
};

class SourceIndex {
public:
  explicit SourceIndex(Session &T);

  /// The user's declarations of that name at namespace scope; members count under their class.
  llvm::ArrayRef<const clang::Decl *> declarations(const clang::IdentifierInfo *Name) const;

  /// Source at namespace scope that was preprocessed away and seems to declare that name: the other
  /// pass of a CUDA compilation may see it.
  llvm::ArrayRef<clang::SourceRange> skipped(const clang::IdentifierInfo *Name) const;

  /// Free functions that are reached without their name: operators, and what range-based loops and
  /// structured bindings call.
  llvm::ArrayRef<const clang::FunctionDecl *> operators() const { return Operators; }

  /// Specialisations of the toolkit's class templates, std::hash for instance.
  llvm::ArrayRef<const clang::ClassTemplateSpecializationDecl *> specialisations() const {
    return Specialisations;
  }

  const Snippet &snippet(const clang::Decl *D);
  const Snippet &snippet(const MacroUse &Macro);
  Snippet snippet(clang::SourceRange Range, clang::SourceLocation Self = {},
                  clang::SourceRange Hole = {});

  /// "function ns::helper"
  static std::string describe(const clang::Decl *D);

private:
  void index(const clang::DeclContext *DC);
  void indexSkipped();
  void add(const clang::Decl *D);
  void addName(const clang::IdentifierInfo *Name, const clang::Decl *D);
  bool isUserCode(const clang::Decl *D) const;
  void lexRange(clang::SourceRange Range, clang::SourceLocation Self, clang::SourceRange Hole,
                Snippet &Out, llvm::MD5 &Hash);
  void lexIncluded(clang::SourceRange Range, Snippet &Out, llvm::MD5 &Hash);
  void note(llvm::StringRef Text, clang::SourceLocation Where, bool IsMember, Snippet &Out);

  Session &T;
  clang::SourceManager &SM;
  clang::Preprocessor &PP;
  llvm::DenseMap<const clang::IdentifierInfo *, llvm::SmallVector<const clang::Decl *, 2>> ByName;
  llvm::DenseMap<const clang::IdentifierInfo *, llvm::SmallVector<clang::SourceRange, 1>>
      SkippedByName;
  llvm::SmallVector<clang::SourceRange, 32> Bodies; ///< of functions and classes
  llvm::SmallVector<const clang::FunctionDecl *, 8> Operators;
  llvm::SmallVector<const clang::ClassTemplateSpecializationDecl *, 4> Specialisations;
  llvm::DenseMap<const clang::Decl *, std::unique_ptr<Snippet>> Snippets;
  llvm::DenseMap<const clang::MacroInfo *, std::unique_ptr<Snippet>> MacroSnippets;
};

} // namespace tlplugin

#endif
