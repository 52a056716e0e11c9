// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "image/elf.h"

#include <elf.h>

namespace tl::tool::image {

bool elf_file::is_elf(std::string_view content) {
  return content.size() >= sizeof(Elf64_Ehdr) && content.starts_with(ELFMAG) &&
         content[EI_CLASS] == ELFCLASS64 && content[EI_DATA] == ELFDATA2LSB;
}

elf_file::elf_file(std::string_view content) {
  if (!is_elf(content))
    throw malformed("no ELF file for a 64-bit little-endian machine");
  const auto header = read<Elf64_Ehdr>(content, 0);
  machine_ = header.e_machine;
  linked_ = header.e_type == ET_EXEC || header.e_type == ET_DYN;
  read_sections(content);
  for (const section &it : sections_)
    complete_ = complete_ || it.type == SHT_SYMTAB;
  for (const section &it : sections_) {
    if (it.type == (complete_ ? SHT_SYMTAB : SHT_DYNSYM))
      read_symbols(it);
    if (it.type == SHT_RELA && linked_)
      read_relocations(it);
  }
}

void elf_file::read_sections(std::string_view content) {
  const auto header = read<Elf64_Ehdr>(content, 0);
  if (header.e_shoff == 0)
    return;
  const auto at = [&](std::uint64_t i) {
    return read<Elf64_Shdr>(content, header.e_shoff + i * sizeof(Elf64_Shdr));
  };
  // More than 65279 sections: the numbers stand in the first one.
  const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : at(0).sh_size;
  const std::uint32_t names = header.e_shstrndx != SHN_XINDEX ? header.e_shstrndx : at(0).sh_link;
  if (count > content.size() / sizeof(Elf64_Shdr))
    throw malformed("it has more sections than it has room for");
  const Elf64_Shdr strings = names < count ? at(names) : Elf64_Shdr{};
  const std::string_view all_names = slice(content, strings.sh_offset, strings.sh_size);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Elf64_Shdr from = at(i);
    section &made = sections_.emplace_back();
    made.name = all_names.empty() ? "" : image::text_at(all_names, from.sh_name);
    made.address = from.sh_addr;
    made.size = from.sh_size;
    made.type = from.sh_type;
    made.link = from.sh_link;
    if (from.sh_type != SHT_NOBITS && from.sh_type != SHT_NULL)
      made.content = slice(content, from.sh_offset, from.sh_size);
  }
}

void elf_file::read_symbols(const section &table) {
  if (table.link >= sections_.size())
    throw malformed("its symbols have no names");
  const std::string_view names = sections_[table.link].content;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.content.size();
       at += sizeof(Elf64_Sym)) {
    const auto from = read<Elf64_Sym>(table.content, at);
    const unsigned type = ELF64_ST_TYPE(from.st_info);
    if (from.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT))
      continue;
    symbols_.push_back({image::text_at(names, from.st_name), from.st_value, from.st_size,
                        type == STT_FUNC, type == STT_OBJECT});
  }
}

void elf_file::read_relocations(const section &table) {
  const bool x86 = machine_ == EM_X86_64, arm = machine_ == EM_AARCH64;
  const section *const symbols = table.link < sections_.size() ? &sections_[table.link] : nullptr;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Rela) <= table.content.size();
       at += sizeof(Elf64_Rela)) {
    const auto from = read<Elf64_Rela>(table.content, at);
    const std::uint32_t type = ELF64_R_TYPE(from.r_info);
    const auto addend = static_cast<std::uint64_t>(from.r_addend);
    if ((x86 && type == R_X86_64_RELATIVE) || (arm && type == R_AARCH64_RELATIVE))
      pointers_[from.r_offset] = addend;
    if (!symbols || !((x86 && type == R_X86_64_64) || (arm && type == R_AARCH64_ABS64)))
      continue;
    const auto target =
        read<Elf64_Sym>(symbols->content, ELF64_R_SYM(from.r_info) * sizeof(Elf64_Sym));
    pointers_[from.r_offset] = target.st_shndx == SHN_UNDEF ? 0 : target.st_value + addend;
  }
}

const section &elf_file::containing(std::uint64_t address) const {
  for (const section &it : sections_)
    if (it.address != 0 && it.address <= address && address - it.address < it.content.size())
      return it;
  throw malformed("it points to what it does not contain");
}

std::uint64_t elf_file::pointer_at(std::uint64_t address) const {
  const auto found = pointers_.find(address);
  return found != pointers_.end() ? found->second : value_at<std::uint64_t>(address);
}

std::string_view elf_file::text_at(std::uint64_t address) const {
  const section &in = containing(address);
  return image::text_at(in.content, address - in.address);
}

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86_64";
  case EM_AARCH64:
    return "aarch64";
  case EM_RISCV:
    return "riscv64";
  case EM_PPC64:
    return "ppc64le";
  default:
    return "machine " + std::to_string(machine);
  }
}

} // namespace tl::tool::image
