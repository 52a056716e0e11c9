// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Source that the host's pass of a CUDA or HIP compilation leaves out and the device's may compile:
// `#ifdef __CUDA_ARCH__`. The tree does not hold it, so that its tokens are read. Where the tree
// was made of preprocessed source, they are those of the original.

#ifndef TL_PLUGIN_DEVICETEXT_H
#define TL_PLUGIN_DEVICETEXT_H

#include "plugin/Session.h"
#include "llvm/ADT/StringMap.h"

namespace clang {
class MacroInfo;
class Preprocessor;
} // namespace clang

namespace tlplugin {

class OriginalSource;

class DeviceText {
public:
  /// Original: null where the source that is compiled is the original.
  DeviceText(Session &T, std::shared_ptr<OriginalSource> Original);

  /// One range that was left out.
  struct Piece {
    std::string Digest;                              ///< of its tokens, macros by their definition
    llvm::SmallVector<const clang::Decl *, 4> Named; ///< what it may refer to
  };

  /// Forgets which files the last closure came to: what one factory reaches does not depend on
  /// which others the file has, and in which order they are looked at.
  void begin();

  /// The ranges in D's own source, and those at namespace scope that seem to declare or define what
  /// D's source names.
  std::vector<Piece> around(const clang::Decl *D);

private:
  struct Range {
    unsigned Begin, End; ///< offsets
  };
  struct Place {
    clang::FileID File;
    Range At;
  };
  class Reader;

  bool isUsers(clang::SourceLocation Loc) const;
  /// The text of D, in each file where it may be.
  llvm::SmallVector<Place, 1> textOf(const clang::Decl *D) const;
  void indexFile(clang::FileID File);
  std::vector<Range> outsideOfBraces(clang::FileID File, const std::vector<Range> &All);
  const std::vector<Range> *rangesOf(clang::FileID File);

  Session &T;
  std::shared_ptr<OriginalSource> Original;
  clang::SourceManager &SM;
  clang::Preprocessor &PP;
  llvm::DenseMap<clang::FileID, std::vector<Range>> Skipped;
  llvm::DenseSet<clang::FileID> Indexed;
  llvm::DenseSet<clang::FileID> OfUser; ///< all of them are looked at
  llvm::DenseSet<clang::FileID> Active; ///< those, and others that the closure came to
  llvm::StringMap<llvm::SmallVector<clang::FileID, 1>> Files; ///< of the original
  llvm::DenseMap<const clang::IdentifierInfo *, llvm::SmallVector<Place, 1>> ByName;
};

} // namespace tlplugin

#endif
