// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/copies.h"

#include "runtime/factory/grown.h"
#include "runtime/support/mutex.h"
#include "runtime/support/positioned_io.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

/// Before each library in the file.
struct entry {
  std::uint64_t bytes;
  std::uint64_t before; ///< how many variants there were before it was taken in
};

struct copies {
  int file = -1;
  std::uint64_t end = 0;
};

/// Of all factories. While it is held, libraries are taken in: their order is that of the copies.
struct all_copies {
  mutex guard;
  std::map<const tl_on_demand *, copies> of TL_GUARDED_BY(guard);
};

all_copies &all() {
  static auto *const made = new all_copies; // libraries may be opened while the program ends
  return *made;
}

bool open_file(copies &of) {
  if (of.file < 0)
    of.file = ::memfd_create("tl-on-demand", MFD_CLOEXEC);
  return of.file >= 0;
}

/// A reader takes one only when what stands before it is there.
bool append(copies &to, std::string_view copy, std::uint32_t before) {
  const entry it{copy.size(), before};
  if (!open_file(to) || !write_at(to.file, to.end + sizeof it, copy.data(), copy.size()) ||
      !write_at(to.file, to.end, &it, sizeof it))
    return false;
  to.end += sizeof it + it.bytes;
  return true;
}

/// The loader knows what it has opened by its name: that of a file which stays open, and which no
/// other one has had.
int unique_file(const std::string &content) {
  const int made = ::memfd_create("tl-on-demand-library", MFD_CLOEXEC);
  constexpr int behind_all_others = 64;
  const int moved = made < 0 ? -1 : ::fcntl(made, F_DUPFD_CLOEXEC, behind_all_others);
  if (made >= 0)
    ::close(made);
  return moved >= 0 && write_at(moved, 0, content.data(), content.size()) ? moved : -1;
}

const void *const *values_of(const tl_on_demand_library &it) {
  const bool there = it.struct_size >= offsetof(tl_on_demand_library, values) + sizeof(void *);
  return there ? static_cast<const void *const *>(it.values) : nullptr;
}

/// What a library that was opened has, null where it has none of this very code.
const tl_on_demand_library *contents_of(const tl_factory &factory, void *opened, status &why) {
  const auto tell =
      reinterpret_cast<const tl_on_demand_library *(*)()>(::dlsym(opened, "tl_on_demand_library"));
  const tl_on_demand_library *const has = tell ? tell() : nullptr;
  const tl_on_demand &of = *factory.on_demand;
  if (!has || has->abi_version != TL_ABI_VERSION ||
      has->struct_size < offsetof(tl_on_demand_library, values) ||
      std::string_view(has->factory) != factory.id)
    why = status::foreign("it is a library of something else");
  else if (std::string_view(has->made_by) != of.made_by)
    why = status::foreign(
        fmt::format("it was made by {}, and the program by {}", has->made_by, of.made_by));
  else if (std::string_view(has->code) != of.code)
    why = status::foreign("its source or a header has changed since the program was built");
  else if (factory.values && has->variant_count > 0 && !values_of(*has))
    why = status::foreign("it has no config objects");
  return why ? has : nullptr;
}

status add_variants(const tl_factory &factory, const tl_on_demand_library &from) {
  const void *const *const values = values_of(from);
  for (std::uint32_t i = 0; i < from.variant_count; ++i)
    if (add_variant(factory, from.configs[i], static_cast<void *const *>(from.functions)[i],
                    values ? values[i] : nullptr) == UINT32_MAX)
      return status::full("this process has as many variants of it as there is room for");
  return {};
}

} // namespace

status take_variants(const tl_factory &factory, void *opened, std::string_view copy) {
  status why;
  const tl_on_demand_library *const has = contents_of(factory, opened, why);
  if (!has)
    return why;
  const mutex_lock lock(all().guard);
  if (!copy.empty() && !append(all().of[factory.on_demand], copy, count_variants(factory)))
    return status::io_error(
        fmt::format("no memory to share it with a worker: {}", std::strerror(errno)));
  return add_variants(factory, *has);
}

int copies_for_workers(const tl_factory &factory) {
  const mutex_lock lock(all().guard);
  copies &of = all().of[factory.on_demand];
  return open_file(of) ? of.file : -1;
}

status open_copies(const tl_factory &factory, int file, std::uint64_t &at) {
  for (entry it{}; read_at(file, at, &it, sizeof it) && it.bytes > 0;) {
    if (count_variants(factory) != it.before)
      return status::corrupt("the program has opened its libraries in another order");
    std::string content(it.bytes, '\0');
    const int copy =
        read_at(file, at + sizeof it, content.data(), it.bytes) ? unique_file(content) : -1;
    if (copy < 0)
      return status::io_error(fmt::format("no memory for a library: {}", std::strerror(errno)));
    void *const opened =
        ::dlopen(fmt::format("/proc/self/fd/{}", copy).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!opened) {
      const char *const text = ::dlerror();
      return status::invalid(fmt::format("it cannot be loaded: {}", text ? text : ""));
    }
    if (status taken = take_variants(factory, opened, {}); !taken)
      return taken;
    at += sizeof it + it.bytes;
  }
  return {};
}

} // namespace tl::rt::demand
