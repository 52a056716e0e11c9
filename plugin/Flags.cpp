// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Flags.h"
#include "clang/Basic/TargetOptions.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using namespace clang;

namespace tlplugin {

std::vector<std::string> collectFlags(const CompilerInstance &CI) {
  const LangOptions &Lang = CI.getLangOpts();
  const CodeGenOptions &Code = CI.getCodeGenOpts();
  const FrontendOptions &Frontend = CI.getFrontendOpts();
  const TargetOptions &Target = CI.getTargetOpts();
  bool Device = Lang.CUDAIsDevice;
  std::vector<std::string> Flags;
  Flags.push_back("compiler clang " CLANG_VERSION_STRING);
  Flags.push_back("target " + (Device ? Frontend.AuxTriple : Target.Triple));
  Flags.push_back("cpu " + (Device ? Frontend.AuxTargetCPU.value_or("") : Target.CPU));
  std::vector<std::string> Features =
      Device ? Frontend.AuxTargetFeatures.value_or(std::vector<std::string>())
             : Target.FeaturesAsWritten;
  std::sort(Features.begin(), Features.end());
  Flags.push_back("features " + llvm::join(Features, ","));
  Flags.push_back("optimisation " + llvm::utostr(Code.OptimizationLevel) + "," +
                  llvm::utostr(Code.OptimizeSize) + "," + llvm::utostr(Code.UnrollLoops) +
                  llvm::utostr(Code.VectorizeLoop) + llvm::utostr(Code.VectorizeSLP));
  // -ffp-contract defaults to another value for device code, in both passes alike.
  Flags.push_back("floating-point fast=" + llvm::utostr(Lang.FastMath) +
                  " unsafe=" + llvm::utostr(Lang.UnsafeFPMath) +
                  " contract=" + llvm::utostr(unsigned(Lang.getDefaultFPContractMode())) +
                  " approximate=" + llvm::utostr(Lang.GPUDeviceApproxTranscendentals) + " nans=" +
                  llvm::utostr(!Lang.NoHonorNaNs) + " infs=" + llvm::utostr(!Lang.NoHonorInfs));
  Flags.push_back("overflow " + llvm::utostr(unsigned(Lang.getSignedOverflowBehavior())));
  return Flags;
}

} // namespace tlplugin
