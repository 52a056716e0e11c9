// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/OtherCompiler.h"
#include "plugin/DriverCommand.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

/// Where the package and the build's own package have it, as seen from the plugin's file.
static std::string findWrapper(const Arguments &Args) {
  for (const std::string &Plugin : Args.Plugins) {
    llvm::SmallString<256> Folder;
    if (llvm::sys::fs::real_path(Plugin, Folder))
      continue;
    llvm::sys::path::remove_filename(Folder);
    for (llvm::StringRef Path : {"../../cmake/tl/tl-nvcc", "../package/tl-nvcc", "tl-nvcc"}) {
      llvm::SmallString<256> Full(Folder);
      llvm::sys::path::append(Full, Path);
      if (llvm::sys::fs::can_execute(Full))
        return Full.str().str();
    }
  }
  return {};
}

static std::string contentOf(llvm::StringRef Path) {
  auto Buffer = llvm::MemoryBuffer::getFile(Path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  return Buffer ? (*Buffer)->getBuffer().str() : std::string();
}

/// Runs tl-nvcc with `Words` before the driver's command. Why it failed, "" where it did not; what
/// it wrote is in `Output`.
static std::string runWrapper(const Arguments &Args, llvm::StringRef Folder,
                              llvm::ArrayRef<std::string> Words, std::string &Output) {
  std::vector<std::string> Driver = driverArguments();
  if (Driver.empty())
    return "the command is not known that the file was compiled by";
  std::vector<std::string> All = Args.Wrapper;
  if (All.empty()) {
    All.push_back(findWrapper(Args));
    if (All.front().empty())
      return "tl-nvcc is not where the plugin's package has it";
  }
  All.insert(All.end(), Words.begin(), Words.end());
  All.insert(All.end(), Driver.begin(), Driver.end());

  llvm::ErrorOr<std::string> Program = llvm::sys::findProgramByName(All.front());
  if (!Program)
    return All.front() + ": " + Program.getError().message();
  llvm::SmallVector<llvm::StringRef, 64> Refs(All.begin(), All.end());
  const std::string Out = (Folder + "/out").str(), Err = (Folder + "/err").str();
  const std::optional<llvm::StringRef> Redirects[] = {llvm::StringRef(""), llvm::StringRef(Out),
                                                      llvm::StringRef(Err)};
  std::string Message;
  const int Status = llvm::sys::ExecuteAndWait(*Program, Refs, std::nullopt, Redirects,
                                               /*SecondsToWait=*/0, /*MemoryLimit=*/0, &Message);
  Output = contentOf(Out);
  if (Status == 0)
    return {};
  llvm::StringRef Said = llvm::StringRef(Message);
  const std::string Text = contentOf(Err);
  if (Said.empty())
    Said = llvm::StringRef(Text).trim();
  // The first line says what, and others follow only where a compiler failed.
  Said = Said.split('\n').first;
  Said.consume_front("tl-nvcc: error: ");
  return Said.empty() ? "tl-nvcc ended with " + std::to_string(Status) : Said.str();
}

static llvm::SmallVector<llvm::StringRef, 8> optionsOf(const DeviceCompiler &Compiler) {
  llvm::SmallVector<llvm::StringRef, 8> Options;
  llvm::StringRef(Compiler.Options).split(Options, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  return Options;
}

/// tl-nvcc's words for one compiler to do `What`.
static std::vector<std::string> wordsFor(const DeviceCompiler &Compiler, std::string What) {
  std::vector<std::string> Words{std::move(What), "--by=" + Compiler.name()};
  for (llvm::StringRef It : optionsOf(Compiler))
    Words.insert(Words.end(), {"--with", It.str()});
  return Words;
}

/// Writes a file; why it could not be, or "".
template <class Callback> static std::string writeFile(const std::string &Path, Callback Write) {
  std::error_code Error;
  {
    llvm::raw_fd_ostream OS(Path, Error);
    if (!Error)
      Write(OS);
    OS.flush();
    if (!Error && OS.has_error())
      Error = OS.error();
    OS.clear_error();
  }
  return Error ? "'" + Path + "' cannot be written: " + Error.message() : std::string();
}

/// tl-nvcc's list of what is wanted, in a folder.
static std::string writeWanted(llvm::StringRef Folder, const WantedDeviceCode &Wanted) {
  return writeFile((Folder + "/kernels").str(), [&](llvm::raw_ostream &OS) {
    for (const WantedKernel &It : Wanted.Kernels)
      OS << It.Name << '\t' << It.Instantiation << '\n';
    for (const std::string &It : Wanted.Variables)
      OS << It << "\tvariable\n";
  });
}

/// ... and of what it could not make.
static llvm::StringMap<std::string> readFailed(llvm::StringRef Folder) {
  llvm::StringMap<std::string> Made;
  llvm::SmallVector<llvm::StringRef, 16> Lines;
  const std::string Failed = contentOf((Folder + "/failed").str());
  llvm::StringRef(Failed).split(Lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (llvm::StringRef Line : Lines)
    Made[Line.split('\t').first] = Line.split('\t').second.str();
  return Made;
}

/// Calls `Use` with the path of a folder that is gone afterwards.
template <class Callback> static std::string inFolder(Callback Use) {
  llvm::SmallString<128> Folder;
  if (std::error_code Error = llvm::sys::fs::createUniqueDirectory("tl-compiler", Folder))
    return "no folder could be made for its files: " + Error.message();
  auto Remove =
      llvm::make_scope_exit([&] { static_cast<void>(llvm::sys::fs::remove_directories(Folder)); });
  return Use(Folder.str());
}

const std::string &OtherCompiler::identity(const Arguments &Args) {
  if (!Identity.empty())
    return Identity;
  std::string Output;
  const std::string Failure = inFolder([&](llvm::StringRef Folder) {
    return runWrapper(Args, Folder, wordsFor(Compiler, "--identify"), Output);
  });
  Identity = Failure.empty() ? llvm::StringRef(Output).trim().str() : "unavailable, " + Failure;
  return Identity;
}

MadeDeviceCode OtherCompiler::compile(const Arguments &Args, const WantedDeviceCode &Wanted) const {
  MadeDeviceCode Made;
  Made.Unavailable = inFolder([&](llvm::StringRef Folder) -> std::string {
    std::string Output, Failure = writeWanted(Folder, Wanted);
    if (Failure.empty())
      Failure = runWrapper(Args, Folder, wordsFor(Compiler, "--image=" + Folder.str()), Output);
    if (!Failure.empty())
      return Failure;
    Made.FatBinary = contentOf((Folder + "/device.fatbin").str());
    Made.Failed = readFailed(Folder);
    return "";
  });
  return Made;
}

std::string kernelSuffix(unsigned Part) {
  return Part == 0 ? std::string() : "__tl_by_" + std::to_string(Part);
}

/// A part's folder, with all that tl-nvcc has to know of it.
static std::string writePart(const std::string &Folder, const ImagePart &Part) {
  if (std::error_code Error = llvm::sys::fs::create_directory(Folder))
    return "'" + Folder + "' cannot be made: " + Error.message();
  const std::string Failure = writeFile(Folder + "/by", [&](llvm::raw_ostream &OS) {
    OS << Part.Compiler.name() << '\n';
    for (llvm::StringRef It : optionsOf(Part.Compiler))
      OS << It << '\n';
  });
  return Failure.empty() ? writeWanted(Folder, Part.Wanted) : Failure;
}

MadeDeviceCode linkParts(const Arguments &Args, std::vector<ImagePart> &Parts) {
  MadeDeviceCode Made;
  Made.Unavailable = inFolder([&](llvm::StringRef Folder) -> std::string {
    const auto FolderOf = [&](size_t Part) { return (Folder + "/" + llvm::Twine(Part)).str(); };
    std::string Output, Failure;
    for (size_t I = 0; I < Parts.size() && Failure.empty(); ++I)
      Failure = writePart(FolderOf(I), Parts[I]);
    if (Failure.empty())
      Failure = runWrapper(Args, Folder, {"--linked=" + Folder.str()}, Output);
    if (!Failure.empty())
      return Failure;
    Made.FatBinary = contentOf((Folder + "/device.fatbin").str());
    for (size_t I = 0; I < Parts.size(); ++I)
      Parts[I].Failed = readFailed(FolderOf(I));
    return "";
  });
  return Made;
}

} // namespace tlplugin
