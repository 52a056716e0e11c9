// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin knows about one translation unit. All state lives here, one object per Sema.

#ifndef TL_PLUGIN_SESSION_H
#define TL_PLUGIN_SESSION_H

#include "plugin/DispatcherQueue.h"
#include "plugin/HostSymbols.h"
#include "clang/AST/APValue.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/Expr.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
class Module;
} // namespace clang

namespace tlplugin {

class CodeParts;
class Constants;
struct KeywordRow;
class DeviceText;
class WinnersFile;

struct DeviceImage;
struct VariantClones;

/// What becomes of variants that can never run, see Legality.h.
enum class Legality { Off, Warn, Prune };

/// Variants that a build leaves out, see Absent.h.
struct Absence {
  std::string Factory; ///< Dispatcher::Id
  unsigned First;
  unsigned Last; ///< inclusive
  std::string Reason;
};

/// The plugin's command line: -fplugin-arg-tl-*.
struct Arguments {
  bool Dump = false;
  bool DumpFingerprint = false;
  bool Remarks = false;
  unsigned Limit = 4096; ///< a space with more configs is warned about
  unsigned Shard = 0;
  unsigned Shards = 1;
  bool AllAbsent = false;      ///< all but the default configs
  bool ForAstFile = false;     ///< a precompiled header or module is made, and no code
  bool AdaptDeviceCode = true; ///< for NVIDIA devices, see DeviceCode.h
  Legality CheckLegality = Legality::Prune;
  std::vector<Absence> Absent;
  std::string Use;                    ///< file with the winners that are compiled, see Baked.h
  std::string DeviceCompiler;         ///< what else than this Clang makes the device code, and how
  std::vector<std::string> Wrapper;   ///< the command before Clang's that sees to it
  std::string Kernels;                ///< file that is told which kernels there are
  std::string KernelsBy;              ///< compiler for whose variants kernels are made; "": its own
  bool KeepVariables = false;         ///< see DeviceVariables.h
  std::string Report;                 ///< file that is told what became of each variant
  std::string Demand;                 ///< factory of which a library is made, see OnDemand.h
  std::vector<uint64_t> Combinations; ///< of its space, that the library has
  std::vector<std::string> Plugins;   ///< files of this plugin, for dependency files
  clang::CompilerInstance *Compiler = nullptr; ///< whose flags count, see Flags.h
  std::shared_ptr<VariantClones> Clones;       ///< for code generation; null in a pass for a device
};

/// One of `compilers = {...}`, see DeviceCompilers.h.
struct DeviceCompiler {
  enum Kind { Clang, Nvcc, Nvrtc, Hiprtc } Which = Clang; ///< as tl::device_compiler::kind
  std::string Options;                                    ///< separated by spaces

  bool operator==(const DeviceCompiler &) const = default;
  std::string name() const; ///< "nvcc"
  std::string text() const; ///< "nvcc(--maxrregcount=128)"
  bool isAtRunTime() const { return Which == Nvrtc || Which == Hiprtc; }
};

/// One `keyword = value` of the attribute.
struct Option {
  const KeywordRow *Keyword;
  clang::Expr *Whole; ///< the assignment
  clang::Expr *Value; ///< its right-hand side as written
};

/// One `#include`.
struct Inclusion {
  std::string Name; ///< as it was written
  clang::FileEntryRef File;
  clang::SourceLocation Loc;
};

/// A space that is never listed, see OnDemand.h.
struct ProductSpace {
  struct Axis {
    const clang::FieldDecl *Field;
    const clang::APValue *Values; ///< an array in `Value`
  };
  clang::QualType Type;           ///< tl::on_demand_t<...>
  clang::Expr *Written = nullptr; ///< what the attribute says, with template arguments filled in
  clang::APValue Value;           ///< of that
  clang::QualType Config;
  clang::APValue Default; ///< a default-constructed config
  llvm::SmallVector<Axis, 8> Axes;
  uint64_t Combinations = 1;
};

/// The configs of a factory as values of its config struct, before they become template arguments.
struct Space {
  clang::QualType Config;             ///< the config struct, null for lists over plain parameters
  std::vector<clang::APValue> Values; ///< one struct value per config
  std::shared_ptr<const ProductSpace> Product; ///< where only `Values` are compiled ahead of time
};

/// An annotated function template.
struct Factory {
  clang::FunctionTemplateDecl *Template = nullptr;
  const clang::AnnotateAttr *Attr = nullptr;
  llvm::SmallVector<Option, 8> Options; ///< without `configs`
  clang::Expr *Configs = nullptr;       ///< the value of `configs = ...`
  llvm::SmallVector<clang::InitListExpr *, 4> InlineConfigs;
  std::vector<DeviceCompiler> Compilers; ///< none: the command's own
  bool OnlyAtRunTime = false; ///< the first of them is there for the default config alone
  bool ClassTunable = false;  ///< one class-type parameter, else plain ones matched by name
  unsigned FirstTunable = 0;  ///< index of the first template parameter that configs fill in
  bool TunablesKnown = false; ///< FirstTunable is final
  bool Valid = false;
  std::unique_ptr<Space> Known; ///< the space, when it depends on no template parameter

  clang::SourceLocation getLocation() const { return Attr->getLocation(); }

  /// Where the configs were given.
  clang::SourceLocation getConfigsLocation() const {
    if (Configs)
      return Configs->getExprLoc();
    return InlineConfigs.empty() ? getLocation() : InlineConfigs.front()->getBeginLoc();
  }
};

/// One config of a concrete factory and the function that it selects.
struct Variant {
  clang::FunctionDecl *Function = nullptr;
  std::string Text;                                ///< "block_m=64,block_n=128"
  clang::TemplateParamObjectDecl *Value = nullptr; ///< the config object, when it has to exist
  std::string Illegal;                             ///< why it can never run; "" where it may
  bool Replaced = false;                           ///< nobody but the dispatcher defines it
  unsigned Compiler = 0;                           ///< in Factory::Compilers
  clang::FunctionDecl *Clone =
      nullptr;            ///< Function with that compiler's kernels; null where it has them
  bool LeftOut = false;   ///< see Absent.h
  bool Elsewhere = false; ///< another shard defines it

  /// What the tables refer to.
  clang::FunctionDecl *entry() const { return Clone ? Clone : Function; }
};

/// A concrete factory: its tunables are open, everything else is fixed.
struct Dispatcher {
  Factory *Source = nullptr;
  clang::FunctionDecl *Default = nullptr;  ///< the specialisation with the default tunables
  clang::VarDecl *Slot = nullptr;          ///< __tl_slot_H: where the runtime installs winners
  clang::VarDecl *Last = nullptr;          ///< __tl_last_H: the thread's last call; null when lazy
  clang::FunctionDecl *Describe = nullptr; ///< __tl_factory_H: the descriptor
  clang::FunctionDecl *Dispatch = nullptr; ///< __tl_dispatch_H: what callers reach
  clang::FunctionDecl *Select = nullptr;   ///< __tl_select_H: asks the runtime; null when lazy
  clang::FunctionDecl *Register = nullptr; ///< __tl_register_H
  std::string Id;                          ///< the mangled name of Default
  std::string Suffix;                      ///< H, made from Id
  unsigned KeyWords = 0;                   ///< length of a problem key without the device's word
  unsigned CallWords = 0;                  ///< what a thread remembers of its last call
  bool MayBeInfeasible = false;            ///< code that it reaches names tl::infeasible
  bool DispatchDefined = false;            ///< before the others, because the factory is constexpr
  bool Nested = false;                     ///< only a variant's body asked for it
};

class Session : public std::enable_shared_from_this<Session> {
public:
  Session(clang::Sema &InSema, const Arguments &WithArgs) : S(InSema), Args(WithArgs) {}

  /// The session of a Sema, null when the plugin's consumer was not added to its compilation.
  static Session *of(clang::Sema &S);
  static std::shared_ptr<Session> open(clang::Sema &S, const Arguments &Args);
  static void close(clang::Sema &S);

  /// The factory that FD is a specialisation of, null for any other function. Checks the attribute
  /// the first time it meets it.
  Factory *getFactory(clang::FunctionTemplateDecl *Template);

  /// From now on bodies are walked and the end of the translation unit is waited for. Until then an
  /// unannotated file pays for nothing.
  void activate();

  /// Whether the pass compiles for a device. Both passes do the same; only one of them talks.
  bool isDevicePass() const;

  clang::Sema &S;
  const Arguments Args;

  llvm::DenseMap<const clang::FunctionTemplateDecl *, std::unique_ptr<Factory>> Factories;
  DispatcherQueue Queue;
  llvm::DenseSet<const clang::Decl *> Generated;
  llvm::DenseSet<const clang::Expr *> WalkedInitializers;
  llvm::DenseSet<clang::SourceLocation> WarnedArguments; ///< factories in template arguments
  llvm::DenseSet<clang::SourceLocation> OptionNames;     ///< where the attribute's options begin
  /// Classes completed so far: their implicit constructors are only known at the end.
  std::vector<clang::CXXRecordDecl *> Records;
  std::shared_ptr<CodeParts> Parts;    ///< made for the first fingerprint, as what follows
  std::shared_ptr<DeviceText> LeftOut; ///< what only a device's pass compiles; null without
  llvm::DenseMap<const clang::Decl *, bool> ToolkitCode; ///< see Toolkit.h
  std::vector<std::string> ToolkitFolders;
  std::vector<std::string> Surroundings; ///< flags and versions: lines of each fingerprint
  std::optional<clang::DirectoryEntryRef>
      Library;                                  ///< where the library's headers are, once asked for
  llvm::DenseSet<const clang::Decl *> Followed; ///< code of precompiled headers and modules
  llvm::DenseSet<clang::SourceLocation> WarnedDoubles;  ///< see DoubleCalls.h
  bool FollowsAstFiles = false;                         ///< one of them was read
  std::vector<clang::SourceRange> Skipped;              ///< source that the preprocessor left out
  std::vector<Inclusion> Inclusions;                    ///< without those of system headers
  std::vector<clang::VarDecl *> ShardLocals;            ///< see Shards.h
  bool HeaderMissing = false;                           ///< reported
  std::optional<unsigned> ErrorsBeforeEnd;              ///< before any variant was looked at
  llvm::SetVector<const clang::FunctionDecl *> Kernels; ///< see Kernels.h
  /// See Baked.h: not read so far, or null where the file is no good.
  std::optional<std::shared_ptr<const WinnersFile>> Winners;
  std::shared_ptr<const std::vector<DeviceImage>> DeviceCode; ///< see DeviceImages.h
  std::string Report;                   ///< lines for the file of -fplugin-arg-tl-report
  std::shared_ptr<Constants> Repointed; ///< made for the first one, see Constants.h
  llvm::DenseSet<const clang::Module *> InitializedModules; ///< whose variables were walked
};

} // namespace tlplugin

#endif
