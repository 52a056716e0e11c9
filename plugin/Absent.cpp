// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Absent.h"
#include "plugin/CodeBuilder.h"
#include "plugin/Diagnostics.h"
#include "plugin/GlobalObject.h"
#include "plugin/Lookup.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace tlplugin {

bool parseAbsent(llvm::StringRef Text, Arguments &Args) {
  if (Text == "all")
    return Args.AllAbsent = true;
  auto [Id, Rest] = Text.split(':');
  auto [Indices, Reason] = Rest.split('=');
  if (Id.empty() || Indices.empty())
    return false;
  llvm::SmallVector<llvm::StringRef, 8> Ranges;
  Indices.split(Ranges, ',');
  for (llvm::StringRef Range : Ranges) {
    auto [From, To] = Range.split('-');
    Absence It{Id.str(), 0, 0, Reason.str()};
    if (From.getAsInteger(10, It.First) ||
        (Range.contains('-') ? To : From).getAsInteger(10, It.Last) || It.First > It.Last)
      return false;
    Args.Absent.push_back(std::move(It));
  }
  return true;
}

static const Absence *findAbsence(const Session &T, const Dispatcher &D, unsigned I) {
  for (const Absence &It : T.Args.Absent)
    if (It.Factory == D.Id && It.First <= I && I <= It.Last)
      return &It;
  return nullptr;
}

bool isAbsent(Session &T, const Dispatcher &D, const VariantList &List, unsigned I) {
  const Absence *Named = findAbsence(T, D, I);
  if (I != List.Default)
    return T.Args.AllAbsent || Named;
  if (Named && !T.isDevicePass())
    error(T.S, D.Source->getLocation(),
          "config '%0' of %1 cannot be absent: it is the default config, which everything else is "
          "compared with")
        << List.Variants[I].Text << D.Source->Template;
  return false;
}

/// `{ tl::detail::absent_variant("..."); }`
static bool defineBody(Session &T, FunctionDecl *FD, llvm::StringRef Why, SourceLocation Loc) {
  Sema &S = T.S;
  Sema::SynthesizedFunctionScope Scope(S, FD);
  ExprResult Callee = buildDetailReference(T, "absent_variant", Loc);
  Expr *Args[] = {buildText(S.Context, Why, Loc)};
  ExprResult Call =
      Callee.isUsable() ? S.BuildCallExpr(nullptr, Callee.get(), Loc, Args, Loc) : ExprError();
  if (Call.isUsable())
    Call = S.ActOnFinishFullExpr(Call.get(), Loc, /*DiscardedValue=*/true);
  if (!Call.isUsable())
    return false;
  FD->setBody(CompoundStmt::Create(S.Context, Call.get(), FPOptionsOverride(), Loc, Loc));
  return true;
}

/// `inline tl::detail::absent_registration __tl_absent_H{&f<config>, "..."};`
static void registerAbsence(Session &T, const Dispatcher &D, const Variant &V, llvm::StringRef Kind,
                            llvm::StringRef Why) {
  SourceLocation Loc = D.Source->getLocation();
  std::string Name = "__tl_" + Kind.str() + "_" +
                     llvm::utohexstr(llvm::xxh3_64bits(D.Id + " " + V.Text), /*LowerCase=*/true,
                                     /*Width=*/16);
  Expr *Arguments[] = {buildUntypedAddress(T, V.Function, Loc), buildText(T.S.Context, Why, Loc)};
  defineGlobalObject(T, Kind.str() + "_registration", Name, V.Function->isExternallyVisible(),
                     Arguments, Loc);
}

bool leaveOut(Session &T, const Dispatcher &D, const VariantList &List, unsigned I) {
  const Variant &V = List.Variants[I];
  FunctionDecl *FD = V.Function;
  if (FD->isDefined())
    return false;
  SourceLocation Loc = D.Source->getLocation();
  const Absence *Named = findAbsence(T, D, I);
  std::string Why = "did not compile and was left out";
  if (Named && !Named->Reason.empty())
    Why += ": " + Named->Reason;
  std::string Long =
      "variant '" + V.Text + "' of '" + D.Source->Template->getNameAsString() + "' " + Why;
  // First, since a constexpr function is instantiated as soon as it is referenced.
  if (!defineBody(T, FD, Long, Loc))
    return true; // reported
  T.S.MarkFunctionReferenced(Loc, FD);
  T.Generated.insert(FD);
  T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(FD));
  if (!T.isDevicePass())
    registerAbsence(T, D, V, "absent", Why);
  return true;
}

void replaceIllegal(Session &T, const Dispatcher &D, const Variant &V) {
  FunctionDecl *FD = V.Function;
  SourceLocation Loc = D.Source->getLocation();
  std::string Why = "can never run and was left out: " + V.Illegal;
  if (V.Replaced) {
    std::string Long =
        "variant '" + V.Text + "' of '" + D.Source->Template->getNameAsString() + "' " + Why;
    bool IsNew = !FD->isDefined();
    FunctionDecl *Definition = IsNew ? FD : FD->getDefinition();
    if (!defineBody(T, Definition, Long, Loc))
      return; // reported
    if (IsNew) {
      T.S.MarkFunctionReferenced(Loc, FD);
      T.Generated.insert(FD);
      T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(FD));
    }
  }
  if (!T.isDevicePass())
    registerAbsence(T, D, V, "illegal", Why);
}

/// Passes everything on, and keeps the text of the first error.
class VariantWatch::FirstError : public DiagnosticConsumer {
public:
  explicit FirstError(DiagnosticsEngine &Diags)
      : Diags(Diags), Next(*Diags.getClient()), Owned(Diags.takeClient()) {
    Diags.setClient(this, /*ShouldOwnClient=*/false);
  }
  ~FirstError() override { Diags.setClient(&Next, Owned.release() != nullptr); }

  void HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) override {
    Next.HandleDiagnostic(Level, Info);
    if (Level < DiagnosticsEngine::Error || !Text.empty())
      return;
    llvm::SmallString<128> Formatted;
    Info.FormatDiagnostic(Formatted);
    Text = Formatted.str().str();
  }
  bool IncludeInDiagnosticCounts() const override { return Next.IncludeInDiagnosticCounts(); }

  std::string Text;

private:
  DiagnosticsEngine &Diags;
  DiagnosticConsumer &Next;
  std::unique_ptr<DiagnosticConsumer> Owned;
};

VariantWatch::VariantWatch(Session &T, const Dispatcher &D, const VariantList &List, unsigned I)
    : T(T), D(D), List(List), I(I), ErrorsBefore(T.S.getDiagnostics().getNumErrors()) {
  if (!T.Args.Report.empty())
    First = std::make_unique<FirstError>(T.S.getDiagnostics());
}

bool VariantWatch::failed() const { return T.S.getDiagnostics().getNumErrors() != ErrorsBefore; }

/// One column of the report.
static std::string column(llvm::StringRef Text) {
  std::string Plain = Text.str();
  for (char &C : Plain)
    if (static_cast<unsigned char>(C) < ' ')
      C = ' ';
  return Plain;
}

VariantWatch::~VariantWatch() {
  if (!First)
    return;
  PresumedLoc At = T.S.getSourceManager().getPresumedLoc(
      T.S.getSourceManager().getExpansionLoc(D.Source->getLocation()));
  llvm::StringRef State = failed() ? "failed" : Absent ? "absent" : "compiled";
  llvm::StringRef Kind = I != List.Default ? "variant" : D.Nested ? "nested-default" : "default";
  llvm::raw_string_ostream OS(T.Report);
  OS << Kind << '\t' << State << '\t' << column(D.Id) << '\t' << I << '\t' << List.Variants.size()
     << '\t';
  if (At.isValid())
    OS << column(At.getFilename()) << ':' << At.getLine() << ':' << At.getColumn();
  OS << '\t' << column(D.Source->Template->getNameAsString()) << '\t'
     << column(List.Variants[I].Text) << '\t' << column(First->Text) << '\n';
}

void writeReport(Session &T) {
  if (T.Args.Report.empty())
    return;
  unsigned Elsewhere = T.ErrorsBeforeEnd.value_or(T.S.getDiagnostics().getNumErrors());
  if (Elsewhere != 0)
    T.Report += "elsewhere\n";
  // Host and device passes write to one file.
  std::error_code Failed;
  llvm::raw_fd_ostream OS(T.Args.Report, Failed, llvm::sys::fs::OF_Append);
  if (!Failed)
    OS << T.Report;
  T.Report.clear();
  if (!Failed)
    return;
  DiagnosticsEngine &Diags = T.S.getDiagnostics();
  unsigned Id = Diags.getCustomDiagID(DiagnosticsEngine::Error,
                                      "the report on the variants cannot be written to '%0': %1");
  Diags.Report(Id) << T.Args.Report << Failed.message();
}

} // namespace tlplugin
