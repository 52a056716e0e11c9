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
  MadeDeviceCode compile(const Arguments &Args, llvm::ArrayRef<WantedKernel> Kernels) const;

private:
  std::string Identity;
};

} // namespace tlplugin

#endif
