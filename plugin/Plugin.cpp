// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration, command line and the hooks into one compilation.

#include "plugin/Absent.h"
#include "plugin/CallRedirect.h"
#include "plugin/ClangCompat.h"
#include "plugin/Dispatcher.h"
#include "plugin/Flags.h"
#include "plugin/Options.h"
#include "plugin/Session.h"
#include "plugin/Shards.h"
#include "clang/AST/ASTContext.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/SemaConsumer.h"
#include "clang/Serialization/ASTReader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace clang;

namespace tlplugin {
namespace {

/// Called once at the end of the translation unit: before pending instantiations, before deferred
/// host/device diagnostics and before "used but not defined" checks.
class EndOfUnit : public ExternalSemaSource {
public:
  explicit EndOfUnit(std::weak_ptr<Session> T) : Open(std::move(T)) {}

  void ReadPendingInstantiations(
      llvm::SmallVectorImpl<std::pair<ValueDecl *, SourceLocation>> &) override {
    std::shared_ptr<Session> T = Open.lock();
    if (!T || T->AtEnd)
      return;
    checkShard(*T);
    T->ErrorsBeforeEnd = T->S.getDiagnostics().getNumErrors();
    T->Defining = true;
    finishRecords(*T);
    defineDispatchers(*T);
    T->Defining = false;
    T->AtEnd = true;
  }

private:
  std::weak_ptr<Session> Open;
};

/// Remembers what was preprocessed away: it may be what the other pass compiles.
class SkippedSource : public PPCallbacks {
public:
  explicit SkippedSource(std::weak_ptr<Session> T) : Open(std::move(T)) {}

  void SourceRangeSkipped(SourceRange Range, SourceLocation) override {
    if (std::shared_ptr<Session> T = Open.lock())
      T->Skipped.push_back(Range);
  }

private:
  std::weak_ptr<Session> Open;
};

class Consumer : public SemaConsumer {
public:
  Consumer(CompilerInstance &CI, const Arguments &Args) : CI(CI), Args(Args) {}

  void InitializeSema(Sema &S) override {
    T = Session::open(S, Args);
    nameDependencies(S.getPreprocessor());
    S.getPreprocessor().addPPCallbacks(std::make_unique<SkippedSource>(T));
  }

  void ForgetSema() override {
    if (T)
      Session::close(T->S);
    T.reset();
  }

  bool HandleTopLevelDecl(DeclGroupRef Group) override {
    if (!T)
      return true;
    if (T->Args.Shard > 0 && !T->AtEnd && !T->Defining)
      for (Decl *D : Group)
        leaveToFirstShard(*T, D);
    if (isActive())
      for (Decl *D : Group)
        handle(D);
    return true;
  }

  // Also reached with the enclosing class, but code generation may want it before that is complete.
  void HandleInlineFunctionDefinition(FunctionDecl *D) override {
    if (isActive())
      handle(D);
  }

  void HandleCXXStaticMemberVarInstantiation(VarDecl *D) override {
    if (isActive())
      handle(D);
  }

  void HandleTagDeclDefinition(TagDecl *D) override {
    if (isActive())
      if (auto *RD = dyn_cast<CXXRecordDecl>(D); RD && !RD->isDependentContext())
        T->Records.push_back(RD);
  }

  void HandleCXXImplicitFunctionInstantiation(FunctionDecl *) override {}

  void HandleTranslationUnit(ASTContext &) override {
    if (T)
      writeReport(*T);
  }

private:
  /// A precompiled header or a module may bring factories along without their attributes being
  /// parsed. (A reader of them is always there in C++20; what counts is whether it has read one.)
  bool isActive() {
    if (!T)
      return false;
    if (!T->Active && CI.getASTReader() && CI.getASTReader()->getModuleManager().size() > 0)
      T->activate();
    return T->Active;
  }

  void handle(Decl *D) {
    if (T->Generated.contains(D))
      return;
    checkDeclarations(*T, D);
    redirectDeclaration(*T, D);
    if (T->AtEnd && !T->Defining) {
      T->Defining = true;
      defineDispatchers(*T);
      T->Defining = false;
    }
  }

  /// A dependency file names what an object was made from, and that includes the plugin. Clang's
  /// collectors listen to the preprocessor and cannot be told otherwise.
  void nameDependencies(Preprocessor &PP) {
    PPCallbacks *Listeners = PP.getPPCallbacks();
    for (const std::string &Path : Args.Plugins)
      if (OptionalFileEntryRef File = PP.getFileManager().getOptionalFileRef(Path);
          File && Listeners)
        Listeners->HasInclude(SourceLocation(), Path, /*IsAngled=*/false, File, SrcMgr::C_User);
  }

  CompilerInstance &CI;
  Arguments Args;
  std::shared_ptr<Session> T;
};

} // namespace

void Session::activate() {
  if (Active)
    return;
  Active = true;
  compat::addExternalSource(S, new EndOfUnit(weak_from_this()));
}

namespace {

class Action : public PluginASTAction {
public:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, llvm::StringRef) override {
    Args.Flags = collectFlags(CI);
    for (const std::string &Path : CI.getFrontendOpts().Plugins)
      if (llvm::sys::path::filename(Path).contains("tlplugin"))
        Args.Plugins.push_back(Path);
    return std::make_unique<Consumer>(CI, Args);
  }

  ActionType getActionType() override { return AddBeforeMainAction; }

  /// Never returns false: Clang would go on without the plugin and exit with 0.
  bool ParseArgs(const CompilerInstance &CI, const std::vector<std::string> &Given) override {
    for (const std::string &Arg : Given)
      if (!parse(Arg)) {
        DiagnosticsEngine &Diags = CI.getDiagnostics();
        unsigned Id = Diags.getCustomDiagID(
            DiagnosticsEngine::Error,
            "unknown argument '-fplugin-arg-tl-%0'; expected dump, dump=fingerprint, remarks, "
            "limit=N, shard=I/N, absent=LIST, report=FILE or drop-failed");
        Diags.Report(Id) << Arg;
      }
    return true;
  }

private:
  bool parse(llvm::StringRef Arg) {
    if (Arg == "dump")
      return Args.Dump = true;
    if (Arg == "dump=fingerprint")
      return Args.DumpFingerprint = true;
    if (Arg == "remarks")
      return Args.Remarks = true;
    if (Arg.consume_front("limit="))
      return !Arg.getAsInteger(10, Args.Limit);
    if (Arg.consume_front("absent="))
      return parseAbsent(Arg, Args);
    if (Arg.consume_front("report=")) {
      Args.Report = Arg.str();
      return !Arg.empty();
    }
    // What marks the commands that utils/tl-drop-failed is meant for.
    if (Arg == "drop-failed")
      return true;
    if (Arg.consume_front("shard=")) {
      auto [Index, Count] = Arg.split('/');
      return !Index.getAsInteger(10, Args.Shard) && !Count.getAsInteger(10, Args.Shards) &&
             Args.Shard < Args.Shards;
    }
    return false;
  }

  Arguments Args;
};

} // namespace
} // namespace tlplugin

/// Clang's classes differ from one major to the next: anything but this line would be undefined
/// behaviour.
static bool checkHost() {
  std::string Host = clang::getClangFullVersion();
  llvm::StringRef Rest = llvm::StringRef(Host).split("version ").second;
  unsigned Major = 0;
  if (Rest.consumeInteger(10, Major) || Major == CLANG_VERSION_MAJOR)
    return true;
  llvm::errs() << "error: this tl plugin is built for Clang " << CLANG_VERSION_MAJOR
               << " and was loaded into '" << Host << "'; load the plugin of Clang " << Major
               << '\n';
  std::_Exit(1);
}

static const bool HostChecked = checkHost();
static FrontendPluginRegistry::Add<tlplugin::Action> Register("tl", "autotuned C++ templates");
