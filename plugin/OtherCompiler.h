// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler other than the command's own makes device code of the same source: by utils/tl-nvcc,
// which is beside the plugin's file.

#ifndef TL_PLUGIN_OTHERCOMPILER_H
#define TL_PLUGIN_OTHERCOMPILER_H

#include "plugin/Session.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace tlplugin {

/// A kernel for another compiler: its name, and what kernelInstantiation() says of it.
struct WantedKernel {
  std::string Name;
  std::string Instantiation;
};

/// What a compiler is asked for: kernels, and under which names Clang knows the device's variables.
struct WantedDeviceCode {
  std::vector<WantedKernel> Kernels;
  std::vector<std::string> Variables;
};

/// What came of it.
struct MadeDeviceCode {
  std::string FatBinary;               ///< its bytes
  llvm::StringMap<std::string> Failed; ///< kernels that are not in it, and why
  std::string Unavailable;             ///< why there is none at all; "" where there is
};

class OtherCompiler {
public:
  explicit OtherCompiler(DeviceCompiler Which) : Compiler(std::move(Which)) {}

  DeviceCompiler Compiler;

  /// Its version and flags, for fingerprints. Asks once.
  const std::string &identity(const Arguments &Args);

  /// Takes as long as that compiler does.
  MadeDeviceCode compile(const Arguments &Args, const WantedDeviceCode &Wanted) const;

private:
  std::string Identity;
};

/// One compiler's part of an image.
struct ImagePart {
  DeviceCompiler Compiler;
  WantedDeviceCode Wanted;
  llvm::StringMap<std::string> Failed; ///< kernels that are not in it, and why
};

/// What the names of a part's kernels end in.
std::string kernelSuffix(unsigned Part);

/// An image of several compilers' code, which share the device's variables; the first part is the
/// command's own. Tells each part what failed. Takes as long as the slowest of them.
MadeDeviceCode linkParts(const Arguments &Args, std::vector<ImagePart> &Parts);

} // namespace tlplugin

#endif
