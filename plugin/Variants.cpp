// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Variants.h"
#include "plugin/Absent.h"
#include "plugin/Baked.h"
#include "plugin/ClangCompat.h"
#include "plugin/ConfigArguments.h"
#include "plugin/ConfigSpace.h"
#include "plugin/ConfigText.h"
#include "plugin/DeviceCompilers.h"
#include "plugin/Diagnostics.h"
#include "plugin/Legality.h"
#include "plugin/OnDemand.h"
#include "plugin/Options.h"
#include "plugin/Shards.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/Template.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;

namespace tlplugin {

/// Declares the specialisation for one config; null when its constraints reject it, or it is
/// deleted.
static FunctionDecl *declare(Session &T, const Dispatcher &D,
                             llvm::ArrayRef<TemplateArgument> Args) {
  Sema &S = T.S;
  SourceLocation Loc = D.Source->getLocation();
  FunctionTemplateDecl *Template = D.Default->getPrimaryTemplate();
  auto *List = TemplateArgumentList::CreateCopy(S.Context, Args);
  Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
  FunctionDecl *FD = S.InstantiateFunctionDeclaration(Template, List, Loc);
  if (!FD || FD->isInvalidDecl() || Trap.hasErrorOccurred())
    return nullptr;
  ConstraintSatisfaction Satisfaction;
  if (!compat::constraintsHold(S, Loc, FD, Args, Satisfaction) || Trap.hasErrorOccurred())
    return nullptr;
  // `template <> int f<config{2}>(int) = delete;` says of a config what a constraint would.
  return FD->isDeleted() ? nullptr : FD;
}

/// Whether the default config is the object that it has to be: a default argument with an error
/// leaves something else behind.
static bool hasDefaultConfig(const Factory &F, llvm::ArrayRef<TemplateArgument> Args) {
  if (!F.ClassTunable)
    return true;
  return F.FirstTunable < Args.size() &&
         Args[F.FirstTunable].getKind() == TemplateArgument::Declaration &&
         isa<TemplateParamObjectDecl>(Args[F.FirstTunable].getAsDecl());
}

bool declareVariants(Session &T, Dispatcher &D, VariantList &Out) {
  Sema &S = T.S;
  Factory &F = *D.Source;
  llvm::ArrayRef<TemplateArgument> All = D.Default->getTemplateSpecializationArgs()->asArray();
  if (!hasDefaultConfig(F, All))
    return false;
  std::unique_ptr<Space> Storage;
  const Space *Configs = getSpace(T, F, D.Default, Storage);
  if (!Configs)
    return false;
  Out.Config = Configs->Config;
  Out.Product = Configs->Product;
  if (Configs->Product && !F.Compilers.empty()) {
    if (!T.isDevicePass())
      error(S, findOption(F, "compilers")->Value->getExprLoc(),
            "option 'compilers' cannot be given for a space that is compiled on demand");
    return false;
  }
  std::vector<APValue> Values = Configs->Values;
  if (Configs->Product && !isDemand(T))
    for (APValue &It : findConfigs(T, F, D, *Configs, configsOfWinners(T, D)))
      Values.push_back(std::move(It));
  llvm::SmallVector<TemplateArgument, 8> Args;
  llvm::DenseSet<const FunctionDecl *> Seen;
  bool DefaultSeen = false;
  auto Add = [&](FunctionDecl *FD, std::string Text) {
    if (FD == D.Default->getCanonicalDecl()) {
      DefaultSeen = true;
      Out.Default = Out.Variants.size();
    }
    Out.Variants.push_back({FD, std::move(Text), nullptr, "", false});
  };
  for (const APValue &Config : Values) {
    Args.assign(All.begin(), All.begin() + F.FirstTunable);
    if (!toTemplateArguments(T, F, *Configs, Config, All.drop_front(F.FirstTunable), Args))
      return false;
    llvm::ArrayRef<TemplateArgument> Tunables = llvm::ArrayRef(Args).drop_front(F.FirstTunable);
    FunctionDecl *FD = declare(T, D, Args);
    std::string Text = printConfig(T, F, *Configs, Tunables);
    if (!FD) {
      if (T.Args.Remarks && !T.isDevicePass())
        remark(S, F.getLocation(),
               "config '%0' of %1 pruned: its constraints are not satisfied, or it is deleted")
            << Text << F.Template;
      continue;
    }
    FD = FD->getCanonicalDecl();
    if (!Seen.insert(FD).second) {
      if (!T.isDevicePass() && !Configs->Product)
        warning(S, F.Configs ? F.Configs->getExprLoc() : F.getLocation(),
                "config '" + Text + "' is more than once in the space of '" +
                    F.Template->getNameAsString() + "'");
      continue;
    }
    if (isDemanded(T, D))
      Out.Demanded.insert(Out.Variants.size());
    Add(FD, std::move(Text));
  }
  if (!DefaultSeen)
    Add(D.Default->getCanonicalDecl(), printConfig(T, F, *Configs, All.drop_front(F.FirstTunable)));
  makeTextsUnique(T, F, *Configs, Out.Variants);
  if (findOption(F, "eligible")) {
    for (Variant &V : Out.Variants) {
      const TemplateArgument &First =
          V.Function->getTemplateSpecializationArgs()->get(F.FirstTunable);
      if (F.ClassTunable)
        V.Value = cast<TemplateParamObjectDecl>(First.getAsDecl());
    }
  }
  multiplyByCompilers(F, Out);
  return true;
}

void instantiateVariants(Session &T, const Dispatcher &D, VariantList &List) {
  Sema &S = T.S;
  SourceLocation Loc = D.Source->getLocation();
  bool Sharded = isSharded(T, D);
  // What only this file can see cannot be divided up: shard 0 has all of it.
  if (!Sharded && !definesDispatcher(T, D) && !isDemanded(T, D))
    return;
  // Variants of several compilers share one function.
  llvm::DenseMap<const FunctionDecl *, unsigned> First;
  const llvm::DenseSet<const FunctionDecl *> Unwanted = findUnwanted(T, *D.Source, List);
  for (unsigned I = 0; I < List.Variants.size(); ++I) {
    Variant &V = List.Variants[I];
    const unsigned Place = First.size();
    if (auto [Known, IsNew] = First.try_emplace(V.Function, I); !IsNew) {
      V.LeftOut = List.Variants[Known->second].LeftOut;
      V.Elsewhere = List.Variants[Known->second].Elsewhere;
      continue;
    }
    if (isDemanded(T, D)) {
      if (!List.Demanded.contains(I))
        continue;
    } else if (Sharded) {
      bool Mine = Place % T.Args.Shards == T.Args.Shard;
      placeVariant(T, V.Function, Mine, Loc);
      V.Elsewhere = !Mine;
      if (!Mine)
        continue;
    }
    if (Unwanted.contains(V.Function))
      continue;
    bool Absent = isAbsent(T, D, List, I);
    VariantWatch Watch(T, D, List, I);
    if (Absent && leaveOut(T, D, List, I)) {
      Watch.leftOut();
      V.LeftOut = true;
      continue;
    }
    V.Replaced = !V.Function->isDefined() && I != List.Default && D.Source->Compilers.empty() &&
                 T.Args.CheckLegality == Legality::Prune;
    S.MarkFunctionReferenced(Loc, V.Function);
    // At once and not with the other pending instantiations, so that an error can be told to be
    // this config's.
    if (!V.Function->isDefined())
      S.InstantiateFunctionDefinition(Loc, V.Function, /*Recursive=*/true,
                                      /*DefinitionRequired=*/false,
                                      /*AtEndOfTU=*/true);
    if (Watch.failed())
      note(S, Loc, "in the variant of %0 for config '%1'") << D.Source->Template << V.Text;
    else if (D.Source->Compilers.empty())
      V.Illegal = neverLaunched(T, D, List, I);
  }
  if (!S.getDiagnostics().hasErrorOccurred())
    for (unsigned I = 0; I < List.Variants.size(); ++I)
      if (Variant &V = List.Variants[I]; !V.LeftOut && !V.Elsewhere && isOwnCode(T, *D.Source, V))
        V.Illegal = neverLaunched(T, D, List, I);
  reportIllegal(T, D, List);
}

} // namespace tlplugin
