// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/image_symbol.h"

#include "runtime/worker/loaded_images.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt {
namespace {

struct image {
  std::uintptr_t address = 0; ///< that is looked for
  std::uintptr_t base = 0;
  std::string file;
  bool is_program = false;
  bool found = false;
};

class mapped_file {
public:
  explicit mapped_file(const char *path) {
    // The name may have been given to something else since: nobody waits for the writer of a pipe.
    const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about{};
    if (file >= 0 && ::fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
      void *memory =
          ::mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_PRIVATE, file, 0);
      if (memory != MAP_FAILED)
        content_ = {static_cast<const std::byte *>(memory),
                    static_cast<std::size_t>(about.st_size)};
    }
    if (file >= 0)
      ::close(file);
  }
  ~mapped_file() {
    if (!content_.empty())
      ::munmap(const_cast<std::byte *>(content_.data()), content_.size());
  }
  mapped_file(const mapped_file &) = delete;
  mapped_file &operator=(const mapped_file &) = delete;

  /// `count` objects at `offset`; empty when they are not all in the file.
  template <class T> std::span<const T> at(std::size_t offset, std::size_t count) const {
    if (offset > content_.size() || count > (content_.size() - offset) / sizeof(T) ||
        offset % alignof(T) != 0)
      return {};
    return {reinterpret_cast<const T *>(content_.data() + offset), count};
  }

private:
  std::span<const std::byte> content_;
};

} // namespace

static int look_at_image(dl_phdr_info *info, std::size_t, void *data) {
  image &wanted = *static_cast<image *>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type != PT_LOAD || wanted.address < begin ||
        wanted.address >= begin + segment.p_memsz)
      continue;
    wanted.base = info->dlpi_addr;
    wanted.is_program = !info->dlpi_name || !info->dlpi_name[0];
    wanted.file = wanted.is_program ? "/proc/self/exe" : info->dlpi_name;
    wanted.found = true;
    return 1;
  }
  return 0;
}

static image_object search_symbols(const mapped_file &file, std::uintptr_t base,
                                   std::uintptr_t address) {
  const auto header = file.at<ElfW(Ehdr)>(0, 1);
  if (header.empty() || header[0].e_shentsize != sizeof(ElfW(Shdr)))
    return {};
  const auto sections = file.at<ElfW(Shdr)>(header[0].e_shoff, header[0].e_shnum);
  const bool all_symbols = std::any_of(sections.begin(), sections.end(), [](const ElfW(Shdr) & it) {
    return it.sh_type == SHT_SYMTAB;
  });
  for (const ElfW(Shdr) &section : sections) {
    if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM)
      continue;
    for (const ElfW(Sym) &symbol :
         file.at<ElfW(Sym)>(section.sh_offset, section.sh_size / sizeof(ElfW(Sym)))) {
      const std::uintptr_t begin = base + symbol.st_value;
      if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF ||
          address < begin || address >= begin + symbol.st_size)
        continue;
      image_object found;
      found.extent = {begin, begin + symbol.st_size, memory_place::image};
      found.all_symbols = all_symbols;
      if (section.sh_link < sections.size()) {
        const ElfW(Shdr) &names = sections[section.sh_link];
        const auto text = file.at<char>(names.sh_offset, names.sh_size);
        if (symbol.st_name < text.size())
          found.symbol.assign(
              text.data() + symbol.st_name,
              ::strnlen(text.data() + symbol.st_name, text.size() - symbol.st_name));
      }
      return found;
    }
  }
  image_object none;
  none.all_symbols = all_symbols;
  return none;
}

std::optional<image_object> find_image_object(std::uintptr_t address) {
  image wanted;
  wanted.address = address;
  for_each_image(look_at_image, &wanted);
  if (!wanted.found)
    return std::nullopt;
  const mapped_file file(wanted.file.c_str());
  image_object found = search_symbols(file, wanted.base, address);
  char offset[32];
  std::snprintf(offset, sizeof offset, "+%#lx", static_cast<unsigned long>(address - wanted.base));
  found.base = wanted.base;
  found.is_program = wanted.is_program;
  found.place = wanted.file.substr(wanted.file.rfind('/') + 1) + offset;
  return found;
}

namespace {

struct import_search {
  const std::string &symbol;
  std::uintptr_t base;
  bool found = false;
};

} // namespace

static bool imports(const mapped_file &file, const std::string &wanted, bool whatever_it_is) {
  const auto header = file.at<ElfW(Ehdr)>(0, 1);
  if (header.empty() || header[0].e_shentsize != sizeof(ElfW(Shdr)))
    return false;
  bool all_symbols = false, found = false;
  const auto sections = file.at<ElfW(Shdr)>(header[0].e_shoff, header[0].e_shnum);
  for (const ElfW(Shdr) &section : sections) {
    all_symbols = all_symbols || section.sh_type == SHT_SYMTAB;
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size())
      continue;
    const ElfW(Shdr) &names = sections[section.sh_link];
    const auto text = file.at<char>(names.sh_offset, names.sh_size);
    for (const ElfW(Sym) &symbol :
         file.at<ElfW(Sym)>(section.sh_offset, section.sh_size / sizeof(ElfW(Sym))))
      found = found || (symbol.st_shndx == SHN_UNDEF && symbol.st_name < text.size() &&
                        wanted == std::string_view(text.data() + symbol.st_name,
                                                   ::strnlen(text.data() + symbol.st_name,
                                                             text.size() - symbol.st_name)));
  }
  return found && (all_symbols || whatever_it_is);
}

bool is_imported(const std::string &symbol, std::uintptr_t base) {
  import_search wanted{symbol, base};
  for_each_image(
      [](dl_phdr_info *info, std::size_t, void *data) {
        import_search &looking = *static_cast<import_search *>(data);
        const bool is_program = !info->dlpi_name || !info->dlpi_name[0];
        const mapped_file file(is_program ? "/proc/self/exe" : info->dlpi_name);
        looking.found =
            imports(file, looking.symbol, is_program || info->dlpi_addr == looking.base);
        return looking.found ? 1 : 0;
      },
      &wanted);
  return wanted.found;
}

std::optional<memory_extent> find_image_symbol(std::uintptr_t address) {
  const std::optional<image_object> found = find_image_object(address);
  return found ? std::optional(found->extent) : std::nullopt;
}

} // namespace tl::rt
