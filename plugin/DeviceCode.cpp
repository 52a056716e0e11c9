// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceCode.h"
#include "plugin/DeviceVariables.h"
#include "plugin/InnerLoops.h"
#include "plugin/LocalArrays.h"
#include "plugin/LocalLoops.h"
#include "plugin/Session.h"
#include "plugin/VectorCopies.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/Passes/PassBuilder.h"

using namespace clang;

namespace tlplugin {

bool isCuda(const CompilerInstance &CI) { return CI.getLangOpts().CUDA && !CI.getLangOpts().HIP; }

std::vector<std::string> describeDeviceCode(const CompilerInstance &CI, const Arguments &Args) {
  // Another compiler makes the device code, and has habits of its own.
  if (!isCuda(CI) || !Args.DeviceCompiler.empty())
    return {};
  return {Args.AdaptDeviceCode ? "device code adapted, 2" : "device code as Clang's"};
}

void improveDeviceCode(CompilerInstance &CI, const Arguments &Args) {
  if (!isCuda(CI) || !CI.getLangOpts().CUDAIsDevice)
    return;
  if (Args.KeepVariables)
    keepDeviceVariables(CI);
  CodeGenOptions &Code = CI.getCodeGenOpts();
  if (Args.AdaptDeviceCode) {
    Code.PassBuilderCallbacks.push_back(registerVectorCopies);
    Code.PassBuilderCallbacks.push_back(registerLocalLoops);
    Code.PassBuilderCallbacks.push_back(registerInnerLoops);
  }
  if (Args.Remarks)
    Code.PassBuilderCallbacks.push_back(
        [&Diags = CI.getDiagnostics()](llvm::PassBuilder &PB) { registerLocalArrays(PB, Diags); });
}

} // namespace tlplugin
