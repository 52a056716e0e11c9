// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "image/device_code.h"
#include "image/bytes.h"

#include <algorithm>
#include <string_view>

namespace tl::tool::image {

// CUDA's fat binary: a header for each container, and one for each image in it. NVIDIA documents
// the container alone (fatbinary_section.h of the toolkit); the fields of an image that are read
// here are those that cuobjdump shows.
static constexpr std::uint32_t fatbin_magic = 0xba55ed50;
static constexpr std::uint16_t fatbin_ptx = 1, fatbin_elf = 2;
static constexpr std::uint64_t image_header_size = 4, image_size = 8, image_packed_size = 16,
                               image_architecture = 28;

/// Sections ".text.NAME", ".nv.info.NAME", ".nv.constant0.NAME": all belong to function NAME.
static std::map<std::string, std::uint64_t> cuda_functions(std::string_view content) {
  std::map<std::string, std::uint64_t> functions;
  const elf_file cubin(content);
  constexpr std::string_view text = ".text.";
  for (const section &it : cubin.sections())
    if (it.name.starts_with(text))
      functions[std::string(it.name.substr(text.size()))] = 0;
  for (const section &it : cubin.sections())
    for (std::size_t dot = it.name.find('.', 1); dot != std::string_view::npos;
         dot = it.name.find('.', dot + 1))
      if (const auto found = functions.find(std::string(it.name.substr(dot + 1)));
          found != functions.end()) {
        found->second += it.content.size();
        break;
      }
  return functions;
}

static void read_fatbin(std::string_view content, std::vector<device_code> &all) {
  for (std::uint64_t at = 0; at + 16 <= content.size();) {
    if (read<std::uint32_t>(content, at) != fatbin_magic) {
      at += 8; // between containers there is padding
      continue;
    }
    const std::uint64_t header = read<std::uint16_t>(content, at + 6);
    const std::string_view images =
        slice(content, at + header, read<std::uint64_t>(content, at + 8));
    for (std::uint64_t i = 0; i + image_architecture + 4 <= images.size();) {
      const std::uint64_t skip = read<std::uint32_t>(images, i + image_header_size);
      const std::uint64_t size = read<std::uint64_t>(images, i + image_size);
      const std::string_view image = slice(images, i + skip, size);
      const auto kind = read<std::uint16_t>(images, i);
      device_code made;
      made.architecture = (kind == fatbin_ptx ? "compute_" : "sm_") +
                          std::to_string(read<std::uint32_t>(images, i + image_architecture));
      made.bytes = size;
      made.compressed = read<std::uint32_t>(images, i + image_packed_size) != 0;
      if (kind == fatbin_elf && !made.compressed && elf_file::is_elf(image))
        made.functions = cuda_functions(image);
      all.push_back(std::move(made));
      if (skip + size == 0)
        throw malformed("an image in its fat binary has no size");
      i += skip + size;
    }
    at += header + images.size();
  }
}

static std::map<std::string, std::uint64_t> amd_functions(std::string_view content) {
  std::map<std::string, std::uint64_t> functions;
  for (const elf_file code(content); const symbol &it : code.symbols())
    if (it.function)
      functions[std::string(it.name)] += it.size;
  return functions;
}

/// Clang's: "hipv4-amdgcn-amd-amdhsa--gfx90a" names what an image is for.
static void read_bundles(std::string_view content, std::vector<device_code> &all) {
  constexpr std::string_view magic = "__CLANG_OFFLOAD_BUNDLE__", packed = "CCOB";
  for (std::size_t at = content.find(magic); at != std::string_view::npos;
       at = content.find(magic, at + 1)) {
    const std::string_view bundle = content.substr(at);
    const auto count = read<std::uint64_t>(bundle, magic.size());
    std::uint64_t entry = magic.size() + 8;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = read<std::uint64_t>(bundle, entry);
      const auto size = read<std::uint64_t>(bundle, entry + 8);
      const auto length = read<std::uint64_t>(bundle, entry + 16);
      const std::string_view id = slice(bundle, entry + 24, length);
      entry += 24 + length;
      if (id.starts_with("host"))
        continue;
      device_code made;
      const std::size_t name = id.find("gfx");
      made.architecture = id.substr(name == std::string_view::npos ? 0 : name);
      made.bytes = size;
      if (const std::string_view image = slice(bundle, offset, size); elf_file::is_elf(image))
        made.functions = amd_functions(image);
      all.push_back(std::move(made));
    }
  }
  if (content.starts_with(packed)) {
    device_code made;
    made.architecture = "amdgcn";
    made.bytes = content.size();
    made.compressed = true;
    all.push_back(std::move(made));
  }
}

std::vector<device_code> find_device_code(const elf_file &program) {
  std::vector<device_code> all;
  for (const section &it : program.sections()) {
    if (it.name == ".nv_fatbin" || it.name == "__nv_relfatbin")
      read_fatbin(it.content, all);
    if (it.name == ".hip_fatbin")
      read_bundles(it.content, all);
  }
  return all;
}

} // namespace tl::tool::image
