// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceVariables.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include <set>

using namespace clang;

namespace tlplugin {
namespace {

class VariableFinder : public RecursiveASTVisitor<VariableFinder> {
public:
  std::vector<const VarDecl *> Found;

  bool shouldVisitTemplateInstantiations() const { return true; }

  bool VisitVarDecl(VarDecl *V) {
    if (V->hasGlobalStorage() && !V->isTemplated() && isOnDevice(*V) &&
        Seen.insert(V->getCanonicalDecl()).second)
      Found.push_back(V);
    return true;
  }

private:
  llvm::DenseSet<const VarDecl *> Seen; // some are met at their template, too

  static bool isOnDevice(const VarDecl &V) {
    if (V.hasAttr<CUDASharedAttr>())
      return false;
    if (const auto *Constant = V.getAttr<CUDAConstantAttr>())
      return !Constant->isImplicit(); // as on what is constexpr
    const auto *Device = V.getAttr<CUDADeviceAttr>();
    return Device && !Device->isImplicit();
  }
};

/// Address spaces of NVPTX that such variables are in.
constexpr unsigned Global = 1, Constant = 4;

/// What nobody writes each compiler may keep as it likes; the rest may be written by other code.
bool mayBeShared(const llvm::GlobalVariable &V) {
  const unsigned Space = V.getAddressSpace();
  return (Space == Global || Space == Constant) && !V.isDeclaration() && V.hasName() &&
         !V.getName().starts_with(".") && !V.getName().starts_with("llvm.") &&
         (!V.isConstant() || V.isExternallyInitialized());
}

class KeepVariablesPass : public llvm::PassInfoMixin<KeepVariablesPass> {
public:
  llvm::PreservedAnalyses run(llvm::Module &M, llvm::ModuleAnalysisManager &) {
    for (llvm::GlobalVariable &V : M.globals()) {
      if (!mayBeShared(V))
        continue;
      V.setLinkage(llvm::GlobalValue::ExternalLinkage);
      V.setVisibility(llvm::GlobalValue::DefaultVisibility);
      V.setComdat(nullptr);
    }
    return llvm::PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
};

} // namespace

std::vector<const VarDecl *> findDeviceVariables(ASTContext &Context) {
  VariableFinder Finder;
  Finder.TraverseDecl(Context.getTranslationUnitDecl());
  return std::move(Finder.Found);
}

std::vector<std::string> nameDeviceVariables(ASTContext &Context) {
  std::unique_ptr<MangleContext> Mangler(Context.createMangleContext());
  std::set<std::string> Names;
  for (const VarDecl *V : findDeviceVariables(Context)) {
    std::string Name;
    llvm::raw_string_ostream OS(Name);
    if (Mangler->shouldMangleDeclName(V))
      Mangler->mangleName(GlobalDecl(V), OS);
    else
      OS << V->getName();
    Names.insert(std::move(OS.str()));
  }
  return {Names.begin(), Names.end()};
}

void keepDeviceVariables(CompilerInstance &CI) {
  CI.getCodeGenOpts().PassBuilderCallbacks.push_back([](llvm::PassBuilder &PB) {
    PB.registerPipelineStartEPCallback(
        [](llvm::ModulePassManager &Passes, auto) { Passes.addPass(KeepVariablesPass()); });
  });
}

} // namespace tlplugin
