// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_PLUGIN_DIAGNOSTICS_H
#define TL_PLUGIN_DIAGNOSTICS_H

#include "clang/Basic/Diagnostic.h"
#include "clang/Sema/Sema.h"

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

template <unsigned N>
auto warning(clang::Sema &S, clang::SourceLocation Loc, const char (&Format)[N]) {
  return report(S, Loc, clang::DiagnosticsEngine::Warning, Format);
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
