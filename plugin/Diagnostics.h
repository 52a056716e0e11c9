// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_PLUGIN_DIAGNOSTICS_H
#define TL_PLUGIN_DIAGNOSTICS_H

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticFrontend.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"

namespace tlplugin {

template <unsigned N>
clang::SemaBase::SemaDiagnosticBuilder report(clang::Sema &S, clang::SourceLocation Loc,
                                              clang::DiagnosticsEngine::Level Level,
                                              const char (&Format)[N]) {
  return S.Diag(Loc, S.getDiagnostics().getCustomDiagID(Level, Format));
}

template <unsigned N>
auto error(clang::Sema &S, clang::SourceLocation Loc, const char (&Format)[N]) {
  return report(S, Loc, clang::DiagnosticsEngine::Error, Format);
}

/// Of the group -Wbackend-plugin, which Clang has for the warnings of plugins: flags, pragmas and
/// system headers silence it, and -Werror makes it an error. Clang would heed none of them for a
/// warning without a group, and new groups cannot be added.
inline void warning(clang::Sema &S, clang::SourceLocation Loc, const llvm::Twine &Text) {
  if (S.getDiagnostics().getSuppressSystemWarnings() && S.getSourceManager().isInSystemHeader(Loc))
    return;
  llvm::SmallString<128> Storage;
  S.Diag(Loc, clang::diag::warn_fe_backend_plugin) << Text.toStringRef(Storage);
}

template <unsigned N>
auto note(clang::Sema &S, clang::SourceLocation Loc, const char (&Format)[N]) {
  return report(S, Loc, clang::DiagnosticsEngine::Note, Format);
}

template <unsigned N>
auto remark(clang::Sema &S, clang::SourceLocation Loc, const char (&Format)[N]) {
  return report(S, Loc, clang::DiagnosticsEngine::Remark, Format);
}

} // namespace tlplugin

#endif
