// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The source of a file for a compiler library on the machine that the program runs on (NVRTC for
// CUDA, HIPRTC for HIP): its text and that of the user's headers, as they are. What they have for
// the host stands between `#ifndef __CUDACC_RTC__`, or `__HIPCC_RTC__`, and `#endif`.

#ifndef TL_PLUGIN_RUNTIMESOURCE_H
#define TL_PLUGIN_RUNTIMESOURCE_H

#include "plugin/Session.h"

namespace tlplugin {

struct RunTimeSource {
  bool IsHip = false;
  std::string Name;
  std::string Text;
  /// Name as in `#include`, and text. Of this library's there is only `namespace tl::keywords`.
  std::vector<std::pair<std::string, std::string>> Headers;
  std::string Options; ///< one a line: those of the command that the library knows, too
  std::string Toolkit; ///< folder of the device toolkit's headers
};

/// Reads it, at the end of the translation unit. Reports an error where two headers have one name,
/// warns where nothing is left out for the library.
RunTimeSource readRunTimeSource(Session &T);

/// Lines of the fingerprint for what the preprocessor has left out, and such a compiler may not.
std::vector<std::string> describeSkipped(Session &T);

} // namespace tlplugin

#endif
