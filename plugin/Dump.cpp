// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Dump.h"
#include "plugin/Diagnostics.h"
#include "plugin/Keywords.h"
#include "plugin/ReadableCode.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

void dump(Session &T, const Dispatcher &D, const VariantList &List, const Fingerprint &Print,
          llvm::ArrayRef<ReachedVariable> State, llvm::StringRef Name) {
  if (T.isDevicePass())
    return;
  if (T.Args.Remarks)
    for (const Variant &V : List.Variants)
      if (V.Illegal.empty() || T.Args.CheckLegality != Legality::Prune ||
          &V == &List.Variants[List.Default])
        remark(T.S, D.Source->getLocation(),
               "variant of '%0' for config '%1'%select{|, the default}2")
            << Name << V.Text << (&V == &List.Variants[List.Default]);
  if (T.Args.Remarks)
    for (const ReachedVariable &It : State)
      if (!It.NamesConfig)
        remark(T.S, It.Var->getLocation(),
               "'%0' reaches variable %1, which it %select{reads|writes|reads and writes}2")
            << Name << It.Var << (It.Read ? It.Written * 2 : 1);
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  if (T.Args.DumpFingerprint) {
    OS << "// fingerprint of " << Name << ": " << Print.Digest << '\n';
    for (const std::string &Entry : Print.Entries)
      OS << "//   " << Entry << '\n';
  }
  if (T.Args.Dump) {
    OS << "// factory " << Name << ": " << List.Variants.size() << " variants, default '"
       << List.Variants[List.Default].Text << "'\n";
    const Decl *Generated[] = {D.Slot, D.Last, D.Describe, D.Select, D.Dispatch, D.Register};
    for (const Decl *It : Generated)
      if (It) {
        const auto *Function = dyn_cast<FunctionDecl>(It);
        if (Function && Function->hasBody())
          printReadably(OS, *Function);
        else
          It->print(OS);
        OS << (isa<VarDecl>(It) ? ";\n" : "\n");
      }
  }
  llvm::outs() << printWithKeywords(Text);
  llvm::outs().flush();
}

} // namespace tlplugin
