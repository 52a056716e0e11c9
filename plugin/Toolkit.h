// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What comes with the compiler and the device's toolkit, and what is the user's: code of libraries
// is, whatever kind of include path it was found on.

#ifndef TL_PLUGIN_TOOLKIT_H
#define TL_PLUGIN_TOOLKIT_H

#include "plugin/Session.h"

namespace tlplugin {

/// Whether D is the standard library's, a device toolkit's or this library's.
bool isToolkitCode(Session &T, const clang::Decl *D);

/// Whether Loc is in a header of the compiler or of a device toolkit.
bool isToolkitFile(Session &T, clang::SourceLocation Loc);

/// Whether a system header of that name is.
bool isInToolkitFolder(Session &T, llvm::StringRef File);

/// Versions of the standard library and of the device's toolkit, as far as the translation unit
/// tells: one line each.
std::vector<std::string> toolkitVersions(Session &T);

} // namespace tlplugin

#endif
