// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of the library that generated code calls.

#ifndef TL_PLUGIN_LOOKUP_H
#define TL_PLUGIN_LOOKUP_H

#include "plugin/Session.h"

namespace tlplugin {

/// A reference to the function (template) tl::detail::Name, ready to be called. Reports once that
/// the umbrella header is missing.
clang::ExprResult buildDetailReference(Session &T, llvm::StringRef Name, clang::SourceLocation Loc,
                                       const clang::TemplateArgumentListInfo *Args = nullptr);

/// Whether the headers are those for which this plugin generates code. Reports once that they are
/// not.
bool checkHeaderVersion(Session &T, clang::SourceLocation Loc);

/// The type tl::detail::Name.
clang::QualType getDetailType(Session &T, llvm::StringRef Name, clang::SourceLocation Loc);

/// The class tl::detail::Name<Arg>.
clang::QualType getDetailType(Session &T, llvm::StringRef Name, const clang::TemplateArgument &Arg,
                              clang::SourceLocation Loc);

/// The namespace tl::keywords, null where the umbrella header is missing.
clang::NamespaceDecl *findKeywords(Session &T);

/// Whether Loc is in one of the library's headers.
bool isInLibrary(Session &T, clang::SourceLocation Loc);

/// While it lives, Sema sees what the module of D sees, as where it instantiates the module's
/// templates. Code of a Clang module is met before it is visible, and may use modules that it does
/// not export.
class ModuleView {
public:
  ModuleView(clang::Sema &InS, clang::Decl *D);
  ~ModuleView();
  ModuleView(const ModuleView &) = delete;
  ModuleView &operator=(const ModuleView &) = delete;

private:
  clang::Sema &S;
  bool Pushed = false;
};

/// Whether RD is (a specialisation of) the class Name of namespace tl or tl::detail.
bool isTlClass(const clang::CXXRecordDecl *RD, llvm::StringRef Name);

} // namespace tlplugin

#endif
