// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Descriptor.h"
#include "plugin/CodeBuilder.h"
#include "plugin/Lookup.h"
#include "plugin/OnDemand.h"
#include "plugin/Options.h"
#include "plugin/ParameterRows.h"
#include "plugin/ProblemKey.h"
#include "plugin/StateRows.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/Path.h"

using namespace clang;

namespace tlplugin {

std::string getDisplayName(const Dispatcher &D) {
  std::string Name;
  llvm::raw_string_ostream OS(Name);
  PrintingPolicy Policy = D.Default->getASTContext().getPrintingPolicy();
  if (const Option *Given = findOption(*D.Source, "name"))
    OS << cast<StringLiteral>(Given->Value->IgnoreParenImpCasts())->getString();
  else
    D.Default->printQualifiedName(OS, Policy);
  llvm::ArrayRef<TemplateArgument> Args = D.Default->getTemplateSpecializationArgs()->asArray();
  if (D.Source->FirstTunable > 0)
    printTemplateArgumentList(OS, Args.take_front(D.Source->FirstTunable), Policy);
  return Name;
}

static PresumedLoc presumed(Session &T, SourceLocation Loc) {
  SourceManager &SM = T.S.getSourceManager();
  return SM.getPresumedLoc(SM.getExpansionLoc(Loc));
}

std::string getBaseFileName(Session &T, SourceLocation Loc) {
  PresumedLoc Presumed = presumed(T, Loc);
  return Presumed.isValid() ? llvm::sys::path::filename(Presumed.getFilename()).str()
                            : std::string();
}

namespace {
struct Parameter {
  QualType Type;
  std::string Name;
};
} // namespace

/// The factory's parameters, then those of the launch that a lazy factory returns, and that
/// launch's stream.
static std::vector<Parameter> listParameters(Session &T, const Dispatcher &D) {
  std::vector<Parameter> All;
  for (const ParmVarDecl *P : D.Default->parameters())
    All.push_back({P->getType().getUnqualifiedType(), P->getName().str()});
  if (const FunctionProtoType *Launch = getLaunch(D)) {
    for (QualType Type : Launch->param_types())
      All.push_back({Type.getUnqualifiedType(), "arg" + std::to_string(All.size())});
    if (isGpu(T))
      All.push_back({getDetailType(T, "stream_t", D.Source->getLocation()),
                     "arg" + std::to_string(All.size())});
  }
  return All;
}

/// The function through which the runtime calls variants; null where it never does.
static Expr *buildInvoke(const Dispatcher &D, CodeBuilder &B,
                         llvm::ArrayRef<Parameter> Parameters) {
  if (!llvm::all_of(Parameters, [&](const Parameter &P) { return isCopyable(B, P.Type); }))
    return B.null();
  llvm::SmallVector<TemplateArgument, 8> TemplateArgs{TemplateArgument(D.Default->getReturnType())};
  for (const ParmVarDecl *P : D.Default->parameters())
    TemplateArgs.push_back(TemplateArgument(P->getType().getUnqualifiedType()));
  return B.libraryReference(getLaunch(D) ? "invoke_launch" : "invoke_variant", TemplateArgs);
}

bool defineDescriptor(Session &T, const Dispatcher &D, const VariantList &List,
                      const Fingerprint &Print, llvm::ArrayRef<ReachedVariable> State,
                      llvm::MutableArrayRef<Expr *> Options) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->Template->getLocation();
  CodeBuilder B(T, D, D.Describe);
  QualType Text = C.getPointerType(C.CharTy.withConst());
  QualType Signature = getSignature(T, D.Default);
  llvm::SmallVector<Expr *, 32> Functions, Configs, Values;
  for (const Variant &V : List.Variants) {
    Functions.push_back(B.variant(V.entry()));
    Configs.push_back(B.text(V.Text));
    if (V.Value)
      Values.push_back(B.addressOf(B.reference(V.Value)));
  }
  std::vector<Parameter> Parameters = listParameters(T, D);
  llvm::SmallVector<Expr *, 16> Rows;
  std::vector<ParameterWords> How = classifyParameters(T, D, B);
  for (unsigned I = 0; I < Parameters.size(); ++I) {
    if (I >= D.Default->getNumParams()) {
      How.push_back(classifyLaunchParameter(T, B, Parameters[I].Type));
      How.back().Index = I;
    }
    Rows.push_back(buildParameterRow(T, B, Parameters[I].Type, Parameters[I].Name, How[I]));
  }
  Expr *FunctionTable = B.table("functions", C.getPointerType(Signature), Functions);
  Expr *ConfigTable = B.table("configs", Text, Configs);
  Expr *ValueTable =
      B.table("values", Values.empty() ? Text : C.getPointerType(List.Config.withConst()), Values);
  unsigned StateCount = 0;
  Expr *StateTable = buildStateTable(T, D, B, State, StateCount);
  Expr *OnDemand = buildOnDemand(T, D, B, List, Print);
  Expr *ParameterTable = B.table("parameters", getDetailType(T, "parameter", Loc), Rows);

  PresumedLoc Presumed = presumed(T, Loc);
  const FunctionProtoType *Launch = getLaunch(D);
  Expr *Fields[] = {
      B.text(D.Id), B.text(getDisplayName(D)), B.text(getBaseFileName(T, Loc)),
      B.number(Presumed.isValid() ? Presumed.getLine() : 0), B.text(Print.Digest), ConfigTable,
      FunctionTable, B.number(List.Variants.size()), B.number(List.Default), ValueTable,
      ParameterTable, B.number(Parameters.size()), B.number(D.Default->getNumParams()),
      B.number(D.KeyWords), B.number(D.CallWords), B.addressOf(B.reference(D.Slot)),
      // The programmatic interfaces find a factory by what `&gemm<float>` is: its
      // dispatcher.
      B.untypedAddressOf(B.reference(D.Dispatch)),
      buildResultRow(T, B, Launch ? Launch->getReturnType() : D.Default->getReturnType()),
      buildInvoke(D, B, Parameters), StateTable, B.number(StateCount), OnDemand};
  Expr *Described = nullptr;
  if (Options.empty()) {
    Expr *Args[] = {B.object("generated", Fields)};
    Described = B.call("describe", Args);
  } else {
    Expr *Args[] = {B.constant("options", B.call("option_set", Options)),
                    B.object("generated", Fields)};
    TemplateArgument TemplateArgs[] = {TemplateArgument(Signature),
                                       TemplateArgument(Values.empty() ? C.VoidTy : List.Config)};
    Described = B.call("describe_with", TemplateArgs, Args);
  }
  QualType Descriptor = D.Describe->getReturnType()->getPointeeType();
  if (List.Product) // the runtime gives it tables with room for more
    Descriptor = Descriptor.getUnqualifiedType();
  return B.finish(B.addressOf(B.variable("factory", Descriptor, Described, SC_Static)));
}

} // namespace tlplugin
