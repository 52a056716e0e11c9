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

/// The folder of the device toolkit's headers, "" where the file includes none.
std::string folderOfToolkit(Session &T);

/// Whether a system header of that name is.
bool isInToolkitFolder(Session &T, llvm::StringRef File);

/// Whether a file of that name is one of this library's headers: `tl/kernel.h`,
/// `tl/detail/launch.h`. By its name, so that preprocessed source is told the same.
bool isLibraryFile(llvm::StringRef File);

/// Where the library's public headers are for a header of its that is in `Folder`: those that only
/// generated code needs are in `detail` below them.
llvm::StringRef folderOfPublicHeaders(llvm::StringRef Folder);

/// Versions of the standard library and of the device's toolkit, as far as the translation unit
/// tells: one line each.
std::vector<std::string> toolkitVersions(Session &T);

} // namespace tlplugin

#endif
