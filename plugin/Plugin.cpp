// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration, command line and the hooks into one compilation.

#include "plugin/Absent.h"
#include "plugin/CallRedirect.h"
#include "plugin/ClangCompat.h"
#include "plugin/Constants.h"
#include "plugin/DeviceCode.h"
#include "plugin/DeviceCompilers.h"
#include "plugin/Dispatcher.h"
#include "plugin/DoubleCalls.h"
#include "plugin/Kernels.h"
#include "plugin/Keywords.h"
#include "plugin/Legality.h"
#include "plugin/OnDemand.h"
#include "plugin/Options.h"
#include "plugin/Session.h"
#include "plugin/Shards.h"
#include "plugin/Toolkit.h"
#include "plugin/VariantClones.h"
#include "plugin/VectorAlignment.h"
#include "clang/AST/ASTContext.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "clang/Lex/HeaderSearch.h"
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

/// What Clang asks when it is at its end: of a name that it does not know, and of the translation
/// unit.
class LastResort : public ExternalSemaSource {
public:
  explicit LastResort(std::weak_ptr<Session> T) : Open(std::move(T)) {}

  bool LookupUnqualified(LookupResult &R, Scope *) override {
    std::shared_ptr<Session> T = Open.lock();
    return T && lookUpKeyword(*T, R);
  }

  /// Called once at the end of the translation unit: before pending instantiations, before deferred
  /// host/device diagnostics and before "used but not defined" checks.
  void ReadPendingInstantiations(
      llvm::SmallVectorImpl<std::pair<ValueDecl *, SourceLocation>> &) override {
    std::shared_ptr<Session> T = Open.lock();
    if (!T || T->Args.ForAstFile || T->Queue.phase() != Phase::Walking)
      return;
    checkShard(*T);
    T->ErrorsBeforeEnd = T->S.getDiagnostics().getNumErrors();
    T->Queue.end(*T);
  }

private:
  std::weak_ptr<Session> Open;
};

/// Remembers what was preprocessed away: it may be what the other pass compiles.
class SourceWatch : public PPCallbacks {
public:
  explicit SourceWatch(std::weak_ptr<Session> T) : Open(std::move(T)) {}

  void SourceRangeSkipped(SourceRange Range, SourceLocation) override {
    if (std::shared_ptr<Session> T = Open.lock())
      T->Skipped.push_back(Range);
  }

  void InclusionDirective(SourceLocation HashLoc, const Token &, llvm::StringRef Name, bool,
                          CharSourceRange, OptionalFileEntryRef File, llvm::StringRef,
                          llvm::StringRef, const Module *, bool,
                          SrcMgr::CharacteristicKind Kind) override {
    if (std::shared_ptr<Session> T = Open.lock();
        T && File && (Kind == SrcMgr::C_User || isLibraryFile(File->getName())))
      T->Inclusions.push_back({Name.str(), *File, HashLoc});
  }

private:
  std::weak_ptr<Session> Open;
};

class Consumer : public SemaConsumer {
public:
  Consumer(CompilerInstance &CI, const Arguments &Args) : CI(CI), Args(Args) {}

  void InitializeSema(Sema &S) override {
    if (!T)
      open(S);
  }

  void ForgetSema() override {
    if (T)
      Session::close(T->S);
    T.reset();
  }

  bool HandleTopLevelDecl(DeclGroupRef Group) override {
    Bracket Around(*this, llvm::any_of(Group, isEmittedNow));
    // What a precompiled header or module defines comes before Sema is initialised.
    if (!T && CI.hasSema())
      open(CI.getSema());
    if (!T)
      return true;
    const bool Leaves = T->Args.Shard > 0 && T->Queue.isBeforeEnd();
    if (Leaves && !isDemand(*T))
      for (Decl *D : Group)
        leaveToFirstShard(*T, D);
    for (Decl *D : Group)
      handleDeviceCode(D);
    if (isActive())
      for (Decl *D : Group)
        handle(D);
    // Who asks for the factory may be what a library leaves out.
    if (Leaves && isDemand(*T))
      for (Decl *D : Group)
        leaveToFirstShard(*T, D);
    return true;
  }

  // Also reached with the enclosing class, but code generation may want it before that is complete.
  void HandleInlineFunctionDefinition(FunctionDecl *D) override {
    Bracket Around(*this, isEmittedNow(D));
    handleDeviceCode(D);
    if (isActive())
      handle(D);
  }

  void HandleCXXStaticMemberVarInstantiation(VarDecl *D) override {
    Bracket Around(*this, isEmittedNow(D));
    if (isActive())
      handle(D);
  }

  void HandleTagDeclDefinition(TagDecl *D) override {
    Bracket Around(*this, /*InEmits=*/false);
    if (isActive() && !T->Args.ForAstFile)
      if (auto *RD = dyn_cast<CXXRecordDecl>(D); RD && !RD->isDependentContext())
        T->Records.push_back(RD);
  }

  void HandleCXXImplicitFunctionInstantiation(FunctionDecl *) override {}

  void HandleTranslationUnit(ASTContext &) override {
    if (!T)
      return;
    Bracket Around(*this, /*InEmits=*/true);
    writeReport(*T);
    writeKernels(*T);
    finishClones(*T);
  }

private:
  /// Clang's own consumer, which generates code, is the next one to be told.
  class Bracket {
  public:
    Bracket(Consumer &InC, bool InEmits) : C(InC), Emits(InEmits) { show(false); }
    ~Bracket() { show(Emits); }
    Bracket(const Bracket &) = delete;
    Bracket &operator=(const Bracket &) = delete;

  private:
    void show(bool AsGenerated) {
      if (C.T && C.T->Repointed)
        C.T->Repointed->show(AsGenerated);
    }

    Consumer &C;
    bool Emits;
  };

  /// Whether Clang may generate code of D at once. What is inline, or implicitly instantiated,
  /// waits for the end of the translation unit, as most does: there it is shown once.
  static bool isEmittedNow(const Decl *D) {
    const auto *FD = dyn_cast<FunctionDecl>(D);
    if (!FD || D->getLangOpts().EmitAllDecls)
      return !isa<TemplateDecl, TypedefNameDecl, StaticAssertDecl, EnumDecl>(D);
    switch (FD->getTemplateSpecializationKind()) {
    case TSK_ImplicitInstantiation:
      return false;
    case TSK_ExplicitInstantiationDefinition:
      return true;
    default:
      return !FD->isInlined() || FD->hasAttrs();
    }
  }

  void open(Sema &S) {
    T = Session::open(S, Args);
    nameDependencies(S.getPreprocessor());
    watchKeywords(T, S.getPreprocessor());
    S.getPreprocessor().addPPCallbacks(std::make_unique<SourceWatch>(T));
  }

  /// A precompiled header or a module may bring factories along without their attributes being
  /// parsed. (A reader of them is always there in C++20; what counts is whether it has read one.)
  bool isActive() {
    if (!T)
      return false;
    if (T->FollowsAstFiles)
      return true;
    bool Precompiled = llvm::any_of(CI.getFrontendOpts().Inputs, [](const FrontendInputFile &It) {
      return It.getKind().getFormat() == InputKind::Precompiled;
    });
    if (Precompiled || (CI.getASTReader() && CI.getASTReader()->getModuleManager().size() > 0)) {
      T->FollowsAstFiles = true;
      T->activate();
    }
    return T->Queue.isActive();
  }

  void handle(Decl *D) {
    if (T->Generated.contains(D))
      return;
    noteKernel(*T, D);
    checkDeclarations(*T, D);
    // A precompiled header or a module holds what it would hold without the plugin: whoever uses it
    // finds its calls itself.
    if (T->Args.ForAstFile)
      return;
    if (auto *FD = dyn_cast<FunctionDecl>(D))
      exportTuned(*T, FD);
    redirectDeclaration(*T, D);
    T->Queue.defineLate(*T);
  }

  /// Kernels of files without factories are compiled like those of others.
  void handleDeviceCode(Decl *D) {
    if (!T || !isCuda(CI) || T->Args.ForAstFile || T->Generated.contains(D))
      return;
    warnAboutDoubleCalls(*T, D);
    if (T->Args.AdaptDeviceCode)
      keepVectorAlignment(T->S.Context, D);
  }

  /// A dependency file names what an object was made from, and that includes the plugin and the
  /// winners that it was told to use. Clang's collectors listen to the preprocessor and cannot be
  /// told otherwise.
  void nameDependencies(Preprocessor &PP) {
    PPCallbacks *Listeners = PP.getPPCallbacks();
    std::vector<std::string> Paths = Args.Plugins;
    if (!Args.Use.empty())
      Paths.push_back(Args.Use);
    for (const std::string &Path : Paths)
      if (OptionalFileEntryRef File = PP.getFileManager().getOptionalFileRef(Path);
          File && Listeners)
        Listeners->HasInclude(SourceLocation(), Path, /*IsAngled=*/false, File, SrcMgr::C_User);
  }

  CompilerInstance &CI;
  Arguments Args;
  std::shared_ptr<Session> T;
};

/// Is told behind Clang's own consumer, and lets Sema go on with the program as it is written.
class Afterwards : public SemaConsumer {
public:
  void InitializeSema(Sema &S) override {
    if (Session *Opened = Session::of(S))
      T = Opened->weak_from_this();
  }
  void ForgetSema() override { T.reset(); }

  bool HandleTopLevelDecl(DeclGroupRef) override {
    showWritten();
    return true;
  }
  void HandleInlineFunctionDefinition(FunctionDecl *) override { showWritten(); }
  void HandleCXXStaticMemberVarInstantiation(VarDecl *) override { showWritten(); }
  void HandleTagDeclDefinition(TagDecl *) override { showWritten(); }

private:
  void showWritten() {
    if (std::shared_ptr<Session> Open = T.lock(); Open && Open->Repointed)
      Open->Repointed->show(false);
  }

  std::weak_ptr<Session> T;
};

} // namespace

void Session::activate() {
  if (Queue.beginWalking())
    compat::addExternalSource(S, new LastResort(weak_from_this()));
}

namespace {

class Action : public PluginASTAction {
public:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, llvm::StringRef) override {
    Args.Compiler = &CI;
    improveDeviceCode(CI, Args);
    separateModules(CI);
    // The action of a module that Clang makes by itself is the one of the file that wants it.
    Args.ForAstFile =
        CI.getFrontendOpts().BuildingImplicitModule ||
        llvm::is_contained({frontend::GeneratePCH, frontend::GenerateModule,
                            frontend::GenerateModuleInterface,
                            frontend::GenerateReducedModuleInterface, frontend::GenerateHeaderUnit},
                           CI.getFrontendOpts().ProgramAction);
    for (const std::string &Path : CI.getFrontendOpts().Plugins)
      if (llvm::sys::path::filename(Path).contains("tlplugin"))
        Args.Plugins.push_back(Path);
    if (CI.getLangOpts().CUDA && !CI.getLangOpts().CUDAIsDevice)
      Args.Clones = makeVariantsOfOthers(CI, Args);
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
            "limit=N, shard=I/N, use=FILE, legality=off|warn|prune, absent=LIST, report=FILE, "
            "kernels=FILE, kernels-by=COMPILER, "
            "device-compiler=TEXT, device-code=clang or drop-failed");
        Diags.Report(Id) << Arg;
      }
    return true;
  }

private:
  /// Modules that Clang makes and keeps by itself hold no attribute where it made them without the
  /// plugin, and their file's name does not tell.
  static void separateModules(CompilerInstance &CI) {
    HeaderSearch &Headers = CI.getPreprocessor().getHeaderSearchInfo();
    if (!Headers.getModuleCachePath().empty())
      Headers.setModuleCachePath((Headers.getModuleCachePath() + "-tl").str());
  }

  bool parse(llvm::StringRef Arg) {
    if (Arg == "dump")
      return Args.Dump = true;
    if (Arg == "dump=fingerprint")
      return Args.DumpFingerprint = true;
    if (Arg == "remarks")
      return Args.Remarks = true;
    if (Arg.consume_front("limit="))
      return !Arg.getAsInteger(10, Args.Limit);
    if (Arg.consume_front("use=")) {
      Args.Use = Arg.str();
      return !Arg.empty();
    }
    // The file's hash, for compiler caches, which go by the command and what it includes.
    if (Arg.starts_with("use-hash="))
      return true;
    if (Arg.consume_front("legality="))
      return parseLegality(Arg, Args);
    if (Arg.consume_front("absent="))
      return parseAbsent(Arg, Args);
    // Not for people: what the runtime adds to the command that it has recorded.
    if (Arg.consume_front("demand="))
      return parseDemand(Arg, Args);
    if (Arg.consume_front("report=")) {
      Args.Report = Arg.str();
      return !Arg.empty();
    }
    if (Arg.consume_front("kernels=")) {
      Args.Kernels = Arg.str();
      return !Arg.empty();
    }
    if (Arg.consume_front("kernels-by=")) {
      Args.KernelsBy = Arg.str();
      return !Arg.empty();
    }
    // Not for people: of code that shares variables with another compiler's.
    if (Arg == "keep-variables")
      return Args.KeepVariables = true;
    // Which other compiler makes the device code is a flag like any other.
    if (Arg.consume_front("device-compiler=")) {
      Args.DeviceCompiler = Arg.str();
      return !Arg.empty();
    }
    // Not for people: how utils/tl-nvcc was run.
    if (Arg.consume_front("wrapper=")) {
      Args.Wrapper.push_back(Arg.str());
      return true;
    }
    if (Arg == "device-code=clang") {
      Args.AdaptDeviceCode = false;
      return true;
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

class ActionBehind : public PluginASTAction {
public:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &, llvm::StringRef) override {
    return std::make_unique<Afterwards>();
  }
  ActionType getActionType() override { return AddAfterMainAction; }
  bool ParseArgs(const CompilerInstance &, const std::vector<std::string> &) override {
    return true;
  }
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
static FrontendPluginRegistry::Add<tlplugin::Action> RegisterAction("tl",
                                                                    "autotuned C++ templates");
static FrontendPluginRegistry::Add<tlplugin::ActionBehind>
    RegisterBehind("tlbehind", "autotuned C++ templates: behind the generation of code");
