// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Fingerprint.h"
#include "plugin/CodeClosure.h"
#include "plugin/DeviceCompilers.h"
#include "plugin/DeviceText.h"
#include "plugin/Flags.h"
#include "plugin/KeywordTable.h"
#include "plugin/OriginalSource.h"
#include "plugin/Toolkit.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/FileManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>

using namespace clang;

namespace tlplugin {

/// The classes that an argument of the factory or of a config is made of: the factory may call
/// anything of them.
static void escapeArgument(PartBuilder &B, const TemplateArgument &Arg) {
  if (Arg.getKind() == TemplateArgument::Type)
    B.escape(Arg.getAsType());
  else if (Arg.getKind() == TemplateArgument::Pack)
    for (const TemplateArgument &Inner : Arg.pack_elements())
      escapeArgument(B, Inner);
}

static CodePart factoryPart(CodeParts &Parts, const Dispatcher &D) {
  PartBuilder B(Parts, /*IsShallow=*/false);
  for (const auto *Redecl : D.Source->Template->redecls())
    B.refer(Redecl);
  if (const FunctionDecl *Pattern = D.Default->getTemplateInstantiationPattern())
    B.refer(Pattern);
  const TemplateArgumentList *Args = D.Default->getTemplateSpecializationArgs();
  for (unsigned I = 0; I < D.Source->FirstTunable && I < Args->size(); ++I) {
    B.argument(Args->get(I));
    escapeArgument(B, Args->get(I));
  }
  if (const auto *Method = dyn_cast<CXXMethodDecl>(D.Default))
    B.mentionTag(Method->getParent());
  return B.finish();
}

static CodePart optionPart(CodeParts &Parts, const Option &O) {
  PartBuilder B(Parts, /*IsShallow=*/false);
  B.statement(O.Value);
  return B.finish();
}

/// By its template arguments, whatever its text says.
static CodePart configPart(CodeParts &Parts, const Dispatcher &D, const Variant &V) {
  PartBuilder B(Parts, /*IsShallow=*/false);
  const TemplateArgumentList *Args = V.Function->getTemplateSpecializationArgs();
  for (unsigned I = D.Source->FirstTunable; I < Args->size(); ++I) {
    B.argument(Args->get(I));
    escapeArgument(B, Args->get(I));
  }
  return B.finish();
}

/// What is the same for all factories of a file.
static const std::vector<std::string> &surroundings(Session &T) {
  if (T.Surroundings.empty()) {
    for (const std::string &Flag : collectFlags(T.Args))
      T.Surroundings.push_back("flag " + Flag);
    for (const std::string &Line : toolkitVersions(T))
      T.Surroundings.push_back("flag " + Line);
  }
  return T.Surroundings;
}

/// What was made for the devices, of which nothing else is known.
static std::string hashDeviceCode(Session &T) {
  const std::string &Path = T.Args.Compiler->getCodeGenOpts().CudaGpuBinaryFileName;
  auto Buffer = T.S.getSourceManager().getFileManager().getBufferForFile(Path);
  return Buffer ? llvm::utohexstr(llvm::xxh3_64bits((*Buffer)->getBuffer()), /*LowerCase=*/true)
                : "";
}

static void readLeftOut(Session &T) {
  std::shared_ptr<OriginalSource> Original;
  if (isPreprocessed(T)) {
    Original = OriginalSource::read(T);
    static_cast<void>(surroundings(T));
    if (!Original)
      T.Surroundings.push_back("preprocessed, device code " + hashDeviceCode(T));
  }
  T.LeftOut = std::make_shared<DeviceText>(T, std::move(Original));
}

Fingerprint computeFingerprint(Session &T, const Dispatcher &D, const VariantList &List) {
  if (!T.Parts)
    T.Parts = std::make_shared<CodeParts>(T);
  if (!T.LeftOut && T.S.getLangOpts().CUDA)
    readLeftOut(T);
  if (T.LeftOut)
    T.LeftOut->begin();
  CodeClosure Reached(*T.Parts, T.LeftOut.get());
  std::vector<std::string> Lines = surroundings(T);
  Lines.push_back("specialisation " + D.Id);
  Reached.add(factoryPart(*T.Parts, D));
  for (const Option &O : D.Source->Options) {
    if (!O.Keyword->ChangesResults)
      continue;
    CodePart Part = optionPart(*T.Parts, O);
    Lines.push_back("option " + O.Keyword->Name.str() + " " + Part.Digest);
    Reached.add(Part);
  }
  std::vector<const Variant *> Variants;
  if (List.Product) {
    // What the space says, and not which of its configs happen to be compiled ahead of time.
    PartBuilder B(*T.Parts, /*IsShallow=*/false);
    B.statement(List.Product->Written);
    B.value(List.Product->Type, List.Product->Value);
    CodePart Part = B.finish();
    Lines.push_back("space " + Part.Digest);
    Reached.add(Part);
    Variants.push_back(&List.Variants[List.Default]);
  } else {
    for (const Variant &V : List.Variants)
      Variants.push_back(&V);
  }
  // The order in which a space lists its configs does not count.
  std::sort(Variants.begin(), Variants.end(),
            [](const Variant *A, const Variant *B) { return A->Text < B->Text; });
  for (const Variant *V : Variants) {
    CodePart Part = configPart(*T.Parts, D, *V);
    Lines.push_back("config " + V->Text + " " + Part.Digest);
    Reached.add(Part);
  }
  for (std::string &Line : describeCompilers(T, *D.Source))
    Lines.push_back(std::move(Line));
  Lines.push_back("default " + List.Variants[List.Default].Text);
  Reached.run();

  std::sort(Lines.begin(), Lines.end());
  llvm::MD5 Code = Reached.Hash;
  for (const std::string &Line : Lines) {
    Reached.Hash.update(Line);
    Reached.Hash.update("\n");
    if (!llvm::StringRef(Line).starts_with("flag ")) {
      Code.update(Line);
      Code.update("\n");
    }
  }
  Fingerprint Result;
  llvm::MD5::MD5Result Digest;
  Reached.Hash.final(Digest);
  Result.Digest = Digest.digest().str();
  Code.final(Digest);
  Result.Code = Digest.digest().str();
  Result.NamesInfeasible = Reached.NamesInfeasible;
  Result.Entries = std::move(Reached.Entries);
  Result.Entries.insert(Result.Entries.end(), Lines.begin(), Lines.end());
  std::sort(Result.Entries.begin(), Result.Entries.end());
  Result.Entries.erase(std::unique(Result.Entries.begin(), Result.Entries.end()),
                       Result.Entries.end());
  return Result;
}

} // namespace tlplugin
