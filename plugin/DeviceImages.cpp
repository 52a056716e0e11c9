// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceImages.h"
#include "plugin/Session.h"
#include "clang/Basic/FileManager.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/Object/ELF.h"
#include "llvm/Object/OffloadBinary.h"
#include "llvm/Support/Endian.h"

using namespace clang;
using llvm::StringRef;

namespace tlplugin {

using Elf = llvm::object::ELFFile<llvm::object::ELF64LE>;
using Section = llvm::object::ELF64LE::Shdr;

template <class Value> static Value read(StringRef Bytes, uint64_t At) {
  if (At > Bytes.size() || Bytes.size() - At < sizeof(Value))
    return 0;
  return llvm::support::endian::read<Value, llvm::endianness::little, llvm::support::unaligned>(
      Bytes.data() + At);
}

/// What was expected, or a default where there is an error: an image that is damaged says nothing.
template <class Type> static Type take(llvm::Expected<Type> Value) {
  if (Value)
    return std::move(*Value);
  llvm::consumeError(Value.takeError());
  return Type();
}

const KernelResources *DeviceImage::find(StringRef Kernel) const {
  if (auto Found = Kernels.find(Kernel); Found != Kernels.end())
    return &Found->second;
  const KernelResources *Only = nullptr;
  for (const auto &It : Kernels) {
    StringRef Rest = It.getKey();
    if (!Rest.consume_front(Kernel) || !(Rest.starts_with("__") || Rest.starts_with(".")))
      continue;
    if (Only)
      return nullptr;
    Only = &It.getValue();
  }
  return Only;
}

// A section of attributes, ".nv.info" for all functions and ".nv.info.NAME" for one. NVIDIA does
// not document it; readelf of the CUDA binary utilities names the attributes.
namespace {
enum Attribute : uint8_t {
  MaxThreads = 0x05,
  RequiredBlock = 0x10,
  FrameSize = 0x11,
  Registers = 0x2f
};
constexpr uint8_t WithBytes = 4; // the only form whose value has a length of its own
} // namespace

template <class Callback> static void forEachAttribute(StringRef Content, Callback See) {
  for (uint64_t At = 0; At + 4 <= Content.size();) {
    uint8_t Form = read<uint8_t>(Content, At), Which = read<uint8_t>(Content, At + 1);
    uint16_t Length = Form == WithBytes ? read<uint16_t>(Content, At + 2) : 0;
    See(Which, Content.substr(At + 4, Length));
    At += 4 + Length;
  }
}

static StringRef contentOf(const Elf &File, const Section &Of) {
  llvm::ArrayRef<uint8_t> Bytes = take(File.getSectionContents(Of));
  return StringRef(reinterpret_cast<const char *>(Bytes.data()), Bytes.size());
}

/// Names by index in the symbol table.
static std::vector<StringRef> symbolNames(const Elf &File, llvm::ArrayRef<Section> Sections) {
  std::vector<StringRef> Names;
  for (const Section &It : Sections) {
    if (It.sh_type != llvm::ELF::SHT_SYMTAB)
      continue;
    StringRef Strings = take(File.getStringTableForSymtab(It));
    auto Symbols = File.symbols(&It);
    if (!Symbols) {
      llvm::consumeError(Symbols.takeError());
      continue;
    }
    for (const auto &Symbol : *Symbols)
      Names.push_back(take(Symbol.getName(Strings)));
  }
  return Names;
}

static void readFunctionAttributes(StringRef Content, KernelResources &Into) {
  forEachAttribute(Content, [&](uint8_t Which, StringRef Value) {
    if (Value.size() < 12)
      return;
    if (Which == MaxThreads)
      Into.MaxThreads =
          read<uint32_t>(Value, 0) * read<uint32_t>(Value, 4) * read<uint32_t>(Value, 8);
    if (Which == RequiredBlock)
      for (unsigned I = 0; I < 3; ++I)
        Into.ExactBlock[I] = read<uint32_t>(Value, 4 * I);
  });
}

static void readCubin(StringRef Content, DeviceImage &Image) {
  llvm::Expected<Elf> Opened = Elf::create(Content);
  if (!Opened)
    return llvm::consumeError(Opened.takeError());
  const Elf &File = *Opened;
  // What is to be linked has the registers of what it calls as well.
  bool Linked = File.getHeader().e_type != llvm::ELF::ET_REL;
  auto Sections = take(File.sections());
  // From compute capability 9.0 on the system has the first bytes of a block's memory, and they
  // count in the sections of those kernels that have any.
  constexpr uint64_t Reserved = 1024;
  bool HasReserved = false;
  for (const Section &It : Sections) {
    StringRef Name = take(File.getSectionName(It));
    HasReserved |= Name.starts_with(".nv.shared.reserved");
    if (Name.consume_front(".text."))
      Image.Kernels.try_emplace(Name);
  }
  std::vector<StringRef> Names = symbolNames(File, Sections);
  for (const Section &It : Sections) {
    StringRef Name = take(File.getSectionName(It));
    if (Name == ".nv.info")
      forEachAttribute(contentOf(File, It), [&](uint8_t Which, StringRef Value) {
        uint32_t Symbol = read<uint32_t>(Value, 0);
        auto Found = Value.size() == 8 && Symbol < Names.size() ? Image.Kernels.find(Names[Symbol])
                                                                : Image.Kernels.end();
        if (Found == Image.Kernels.end())
          return;
        if (Which == Registers && Linked)
          Found->second.Registers = read<uint32_t>(Value, 4);
        if (Which == FrameSize)
          Found->second.Local = read<uint32_t>(Value, 4);
      });
    if (Name.consume_front(".nv.info."))
      if (auto Found = Image.Kernels.find(Name); Found != Image.Kernels.end())
        readFunctionAttributes(contentOf(File, It), Found->second);
    if (Name.consume_front(".nv.shared."))
      if (auto Found = Image.Kernels.find(Name); Found != Image.Kernels.end()) {
        uint64_t System = HasReserved ? std::min<uint64_t>(Reserved, It.sh_size) : 0;
        Found->second.StaticShared = It.sh_size - System;
      }
  }
}

/// The numbers that LLVM's AMDGPU back end writes for the loader, which are documented.
static void readAmdKernels(StringRef Blob, DeviceImage &Image) {
  llvm::msgpack::Document Document;
  if (!Document.readFromBlob(Blob, /*Multi=*/false) || !Document.getRoot().isMap())
    return;
  auto &Root = Document.getRoot().getMap();
  auto List = Root.find("amdhsa.kernels");
  if (List == Root.end() || !List->second.isArray())
    return;
  for (llvm::msgpack::DocNode &Node : List->second.getArray()) {
    if (!Node.isMap())
      continue;
    auto &Kernel = Node.getMap();
    auto Number = [&](StringRef Key) -> uint64_t {
      auto Found = Kernel.find(Key);
      return Found != Kernel.end() && Found->second.getKind() == llvm::msgpack::Type::UInt
                 ? Found->second.getUInt()
                 : 0;
    };
    auto Name = Kernel.find(".name");
    if (Name == Kernel.end() || !Name->second.isString())
      continue;
    KernelResources &Made = Image.Kernels[Name->second.getString()];
    Made.StaticShared = Number(".group_segment_fixed_size");
    Made.Local = Number(".private_segment_fixed_size");
    Made.MaxThreads = Number(".max_flat_workgroup_size");
  }
}

static void readAmdCode(StringRef Content, DeviceImage &Image) {
  llvm::Expected<Elf> Opened = Elf::create(Content);
  if (!Opened)
    return llvm::consumeError(Opened.takeError());
  const auto Sections = take(Opened->sections());
  for (const Section &It : Sections) {
    if (It.sh_type != llvm::ELF::SHT_NOTE)
      continue;
    llvm::Error Failed = llvm::Error::success();
    for (const auto &Note : Opened->notes(It, Failed))
      if (Note.getName() == "AMDGPU" && Note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        readAmdKernels(Note.getDescAsStringRef(It.sh_addralign), Image);
    if (Failed)
      llvm::consumeError(std::move(Failed));
  }
}

// CUDA's fat binary, as utils/tltune/image/device_code.cpp reads it.
static void readFatBinary(StringRef Content, std::vector<DeviceImage> &Images) {
  constexpr uint32_t Magic = 0xba55ed50;
  constexpr uint16_t Ptx = 1, Cubin = 2;
  constexpr uint64_t HeaderSize = 4, Size = 8, PackedSize = 16, Architecture = 28;
  for (uint64_t At = 0; At + 16 <= Content.size();) {
    if (read<uint32_t>(Content, At) != Magic) {
      At += 8; // between containers there is padding
      continue;
    }
    uint64_t Header = read<uint16_t>(Content, At + 6);
    StringRef Inside = Content.substr(At + Header, read<uint64_t>(Content, At + 8));
    for (uint64_t I = 0; I + Architecture + 4 <= Inside.size();) {
      uint64_t Skip = read<uint32_t>(Inside, I + HeaderSize);
      uint64_t Length = read<uint64_t>(Inside, I + Size);
      uint16_t Kind = read<uint16_t>(Inside, I);
      DeviceImage &Made = Images.emplace_back();
      Made.Architecture = (Kind == Ptx ? "compute_" : "sm_") +
                          std::to_string(read<uint32_t>(Inside, I + Architecture));
      if (Kind == Cubin && read<uint32_t>(Inside, I + PackedSize) == 0)
        readCubin(Inside.substr(I + Skip, Length), Made);
      if (Skip + Length == 0)
        return;
      I += Skip + Length;
    }
    At += std::max<uint64_t>(Header + Inside.size(), 8);
  }
}

/// Clang's: "hipv4-amdgcn-amd-amdhsa--gfx90a" names what an image is for.
static void readBundle(StringRef Content, std::vector<DeviceImage> &Images) {
  constexpr StringRef::size_type Magic = 24; // __CLANG_OFFLOAD_BUNDLE__
  uint64_t Count = read<uint64_t>(Content, Magic), Entry = Magic + 8;
  for (uint64_t I = 0; I < Count && Entry + 24 <= Content.size(); ++I) {
    uint64_t Offset = read<uint64_t>(Content, Entry), Size = read<uint64_t>(Content, Entry + 8);
    uint64_t Length = read<uint64_t>(Content, Entry + 16);
    StringRef Id = Content.substr(Entry + 24, Length);
    Entry += 24 + Id.size();
    if (Id.starts_with("host"))
      continue;
    DeviceImage &Made = Images.emplace_back();
    size_t Name = Id.find("gfx");
    Made.Architecture = Name == StringRef::npos ? "" : Id.substr(Name).split(':').first.str();
    readAmdCode(Content.substr(Offset, Size), Made);
  }
}

static void readPackage(StringRef Content, std::vector<DeviceImage> &Images) {
  llvm::SmallVector<llvm::object::OffloadFile, 4> Files;
  std::unique_ptr<llvm::MemoryBuffer> Aligned =
      llvm::MemoryBuffer::getMemBufferCopy(Content, "device code");
  if (llvm::Error Failed = llvm::object::extractOffloadBinaries(*Aligned, Files)) {
    llvm::consumeError(std::move(Failed));
    Images.emplace_back();
    return;
  }
  for (const llvm::object::OffloadFile &It : Files) {
    const llvm::object::OffloadBinary &Binary = *It.getBinary();
    if (StringRef Image = Binary.getImage(); Image.starts_with("__CLANG_OFFLOAD_BUNDLE__")) {
      readBundle(Image, Images);
      continue;
    }
    DeviceImage &Made = Images.emplace_back();
    Made.Architecture = Binary.getArch().str();
    if (Binary.getImageKind() == llvm::object::IMG_Fatbinary) {
      Images.pop_back();
      readFatBinary(Binary.getImage(), Images);
    } else if (Made.Architecture.rfind("gfx", 0) == 0) {
      readAmdCode(Binary.getImage(), Made);
    } else {
      readCubin(Binary.getImage(), Made);
    }
  }
}

std::vector<DeviceImage> readDeviceImages(StringRef Content) {
  std::vector<DeviceImage> Images;
  if (Content.starts_with("__CLANG_OFFLOAD_BUNDLE__"))
    readBundle(Content, Images);
  else if (Content.starts_with("CCOB"))
    Images.emplace_back(); // compressed
  else if (Content.starts_with("\x10\xFF\x10\xAD"))
    readPackage(Content, Images);
  else
    readFatBinary(Content, Images);
  return Images;
}

const std::vector<DeviceImage> &getDeviceImages(Session &T) {
  if (T.DeviceCode)
    return *T.DeviceCode;
  auto Made = std::make_shared<std::vector<DeviceImage>>();
  const CodeGenOptions &Options = T.Args.Compiler->getCodeGenOpts();
  std::vector<std::string> Paths(Options.OffloadObjects.begin(), Options.OffloadObjects.end());
  if (!Options.CudaGpuBinaryFileName.empty())
    Paths.push_back(Options.CudaGpuBinaryFileName);
  for (const std::string &Path : Paths) {
    auto Buffer = T.S.getSourceManager().getFileManager().getBufferForFile(Path);
    if (!Buffer)
      continue; // Clang says so
    std::vector<DeviceImage> Found = readDeviceImages((*Buffer)->getBuffer());
    std::move(Found.begin(), Found.end(), std::back_inserter(*Made));
  }
  T.DeviceCode = std::move(Made);
  return *T.DeviceCode;
}

} // namespace tlplugin
