// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With -save-temps, or -E by hand, the compiler gets what was preprocessed before. What that step
// left out for the host, and a device's pass compiles, is read from the original source once more.

#ifndef TL_PLUGIN_ORIGINALSOURCE_H
#define TL_PLUGIN_ORIGINALSOURCE_H

#include "plugin/Session.h"

namespace clang {
class FrontendAction;
class Preprocessor;
} // namespace clang

namespace tlplugin {

class OriginalSource {
public:
  /// Null where the original, or the command that made this one of it, cannot be found.
  static std::shared_ptr<OriginalSource> read(Session &T);
  ~OriginalSource();

  clang::SourceManager &getSourceManager() const;
  clang::Preprocessor &getPreprocessor() const;

  std::vector<clang::SourceRange> Skipped; ///< left out by the preprocessor

private:
  OriginalSource();

  std::unique_ptr<clang::CompilerInstance> Compiler;
  std::unique_ptr<clang::FrontendAction> Action;
};

/// Whether the source that is compiled has been preprocessed before.
bool isPreprocessed(Session &T);

} // namespace tlplugin

#endif
