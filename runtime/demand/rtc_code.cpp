// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/rtc_code.h"

#include "runtime/support/log.h"
#include "runtime/support/mutex.h"
#include "runtime/support/positioned_io.h"
#include "runtime/support/split.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

/// Before each code in the file: the image, then the architecture and the names, a line each.
struct entry {
  std::uint64_t image_bytes;
  std::uint32_t text_bytes;
  std::uint32_t variant; ///< index in the factory
};

/// The codes of one factory. A reader takes an entry only when all of it is there.
struct code_file {
  std::string arch;
  int file = -1;
  std::uint64_t end = 0;                        ///< of what was written, or read so far
  std::map<std::uint32_t, std::uint64_t> where; ///< variant to its latest entry
};

/// As the CUDA runtime reads it (fatbinary's wrapper: magic, version, image), and HIP's with
/// another magic number ("HIPF").
struct image_wrapper {
  static constexpr int magic_of_cuda = 0x466243b1, magic_of_hip = 0x48495046;
  int magic = magic_of_cuda;
  int version = 1;
  const void *image = nullptr;
  void *unused = nullptr;
};

/// What the runtime of this process knows. Never moved: it keeps the addresses.
struct loaded_image {
  rtc_code code;
  std::string bundle; ///< HIP's image: the code for one device
  image_wrapper wrapper;
  void **handle = nullptr;
};

struct all_codes {
  mutex guard;
  /// By the address of the variant.
  std::map<const void *, const tl_rtc_variant *> variants TL_GUARDED_BY(guard);
  std::map<const tl_dispatch_slot *, code_file> files TL_GUARDED_BY(guard);
  /// In which of them a variant's code is.
  std::map<const tl_rtc_variant *, const tl_dispatch_slot *> kept TL_GUARDED_BY(guard);
  std::map<const tl_rtc_variant *, std::unique_ptr<loaded_image>> loaded TL_GUARDED_BY(guard);
  /// Kernels that several variants launch are known once.
  std::map<const void *, const tl_rtc_variant *> stubs TL_GUARDED_BY(guard);
};

all_codes &all() {
  static auto *const made = new all_codes; // images unload in any order
  return *made;
}

const tl_rtc_variant *find(const all_codes &in, const tl_factory &factory, std::uint32_t variant)
    TL_REQUIRES(in.guard) {
  if (in.variants.empty() || !factory.functions || variant >= factory.variant_count)
    return nullptr;
  // Whatever their types are, functions are told apart by their addresses.
  const auto found = in.variants.find(static_cast<const void *const *>(factory.functions)[variant]);
  return found == in.variants.end() ? nullptr : found->second;
}

bool open_file(code_file &of) {
  if (of.file < 0)
    of.file = ::memfd_create("tl-device-code", MFD_CLOEXEC);
  return of.file >= 0;
}

/// Looks what has come since the last time.
void read_on(code_file &of) {
  for (entry it{}; of.file >= 0 && read_at(of.file, of.end, &it, sizeof it) && it.image_bytes > 0;
       of.end += sizeof it + it.image_bytes + it.text_bytes)
    of.where[it.variant] = of.end;
}

status read_code(code_file &from, std::uint32_t variant, rtc_code &to) {
  read_on(from);
  const auto found = from.where.find(variant);
  if (found == from.where.end())
    return status::invalid("its device code is not there");
  entry it{};
  std::string text;
  const std::uint64_t at = found->second;
  bool good = read_at(from.file, at, &it, sizeof it);
  if (good) {
    to.image.resize(it.image_bytes);
    text.resize(it.text_bytes);
    good = read_at(from.file, at + sizeof it, to.image.data(), to.image.size()) &&
           read_at(from.file, at + sizeof it + to.image.size(), text.data(), text.size());
  }
  for (const std::string_view line : lines_of(text))
    if (to.arch.empty())
      to.arch = line;
    else
      to.names.emplace_back(line);
  return good ? status{} : status::io_error("its device code cannot be read");
}

/// What HIP's runtime reads: Clang's bundle of an empty part for the host and one for the device,
/// on a page of its own. Source: Clang's documentation, "Clang Offload Bundler", "Bundled Binary
/// File Layout".
std::string bundle_of(const rtc_code &code) {
  constexpr std::uint64_t page = 4096;
  const std::string host = "host-x86_64-unknown-linux-gnu-";
  const std::string device = "hipv4-amdgcn-amd-amdhsa--" + code.arch;
  std::string bundle = "__CLANG_OFFLOAD_BUNDLE__";
  const auto add = [&](std::uint64_t value) {
    bundle.append(reinterpret_cast<const char *>(&value), sizeof value);
  };
  add(2);
  for (const std::string *const id : {&host, &device}) {
    add(page);
    add(id == &host ? 0 : code.image.size());
    add(id->size());
    bundle += *id;
  }
  bundle.resize(page);
  return bundle + code.image;
}

} // namespace

rtc_kind kind_of(const tl_rtc_source &source) {
  const bool says_so = source.struct_size >= sizeof(tl_rtc_source);
  return says_so && source.compiler == TL_RTC_HIPRTC ? rtc_kind::hiprtc : rtc_kind::nvrtc;
}

const tl_rtc_variant *find_rtc(const tl_factory &factory, std::uint32_t variant) {
  const mutex_lock lock(all().guard);
  return find(all(), factory, variant);
}

const tl_rtc_variant *first_rtc(const tl_factory &factory) {
  const mutex_lock lock(all().guard);
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (const tl_rtc_variant *const of = find(all(), factory, i))
      return of;
  return nullptr;
}

bool has_rtc_code(const tl_factory &factory, std::uint32_t variant, std::string_view arch) {
  const mutex_lock lock(all().guard);
  const tl_rtc_variant *const of = find(all(), factory, variant);
  if (!of)
    return true;
  const auto file = all().files.find(factory.slot);
  if (file == all().files.end() || file->second.arch != arch)
    return false;
  read_on(file->second);
  return file->second.where.contains(variant);
}

status keep_rtc_code(const tl_factory &factory, std::uint32_t variant, const rtc_code &code) {
  std::string text = code.arch + "\n";
  for (const std::string &it : code.names)
    text += it + "\n";
  const entry it{code.image.size(), static_cast<std::uint32_t>(text.size()), variant};
  const mutex_lock lock(all().guard);
  code_file &to = all().files[factory.slot];
  if (!to.where.empty() && to.arch != code.arch)
    return status::unsupported(fmt::format(
        "this process has its device code for {}, and this device is {}", to.arch, code.arch));
  to.arch = code.arch;
  if (!open_file(to) ||
      !write_at(to.file, to.end + sizeof it, code.image.data(), code.image.size()) ||
      !write_at(to.file, to.end + sizeof it + code.image.size(), text.data(), text.size()) ||
      !write_at(to.file, to.end, &it, sizeof it))
    return status::io_error(
        fmt::format("no memory to share device code with a worker: {}", std::strerror(errno)));
  to.where[variant] = to.end;
  to.end += sizeof it + code.image.size() + text.size();
  if (const tl_rtc_variant *const of = find(all(), factory, variant))
    all().kept[of] = factory.slot;
  return {};
}

status load_rtc_code(const tl_factory &factory, std::uint32_t variant) {
  const mutex_lock lock(all().guard);
  const tl_rtc_variant *const of = find(all(), factory, variant);
  if (!of || all().loaded.contains(of))
    return {};
  auto made = std::make_unique<loaded_image>();
  if (status got = read_code(all().files[factory.slot], variant, made->code); !got)
    return got;
  if (made->code.names.size() != of->kernel_count)
    return status::corrupt("its device code has other kernels");
  const tl_rtc_source &source = *of->source;
  made->wrapper.image = made->code.image.data();
  if (kind_of(source) == rtc_kind::hiprtc) {
    made->bundle = bundle_of(made->code);
    made->wrapper.magic = image_wrapper::magic_of_hip;
    made->wrapper.image = made->bundle.data();
  }
  made->handle = source.register_image(&made->wrapper);
  for (std::uint32_t i = 0; i < of->kernel_count; ++i) {
    const void *const stub = of->kernels[i].stub;
    if (!all().stubs.emplace(stub, of).second)
      continue;
    std::string &name = made->code.names[i];
    source.register_kernel(made->handle, static_cast<const char *>(stub), name.data(), name.c_str(),
                           -1, nullptr, nullptr, nullptr, nullptr, nullptr);
  }
  if (source.registered)
    source.registered(made->handle);
  all().loaded[of] = std::move(made);
  return {};
}

int rtc_codes_for_workers(const tl_factory &factory) {
  const mutex_lock lock(all().guard);
  code_file &of = all().files[factory.slot];
  return open_file(of) ? of.file : -1;
}

void use_rtc_codes(const tl_factory &factory, int file) {
  const mutex_lock lock(all().guard);
  all().files[factory.slot].file = file;
}

} // namespace tl::rt::demand

extern "C" void tl_rt_rtc(const tl_rtc_variant *variant, std::int32_t there);

/// `there` 0: its image is unloaded.
extern "C" void tl_rt_rtc(const tl_rtc_variant *variant, std::int32_t there) {
  using namespace tl::rt::demand;
  if (variant->struct_size < sizeof(tl_rtc_variant) ||
      variant->source->struct_size < offsetof(tl_rtc_source, compiler))
    return;
  try {
    const tl::rt::mutex_lock lock(all().guard);
    if (there) {
      all().variants[variant->function] = variant;
      return;
    }
    all().variants.erase(variant->function);
    // Another image may get its addresses.
    if (const auto kept = all().kept.find(variant); kept != all().kept.end()) {
      if (const auto file = all().files.find(kept->second); file != all().files.end()) {
        ::close(file->second.file);
        all().files.erase(file);
      }
      all().kept.erase(kept);
    }
    std::erase_if(all().stubs, [&](const auto &it) { return it.second == variant; });
    if (const auto found = all().loaded.find(variant); found != all().loaded.end()) {
      variant->source->unregister_image(found->second->handle);
      all().loaded.erase(found);
    }
  } catch (const std::exception &error) {
    tl::rt::log_debug(error.what()); // then it cannot be loaded, which is said
  }
}
