// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects the parts of one problem: arguments in take_apart.cpp, variables outside of them in
// take_state.cpp.

#ifndef TL_RUNTIME_BACKEND_GPU_TAKE_APART_IMPL_H
#define TL_RUNTIME_BACKEND_GPU_TAKE_APART_IMPL_H

#include "runtime/backend/gpu/take_apart.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tl::rt::gpu {

/// Most of an array of addresses, or of a variable that may hold some, that is looked through
/// [bytes].
inline constexpr std::uint64_t most_looked_at = 1 << 20;

class taker {
public:
  taker(device &on, const tuning_task &task, problem &to)
      : device_(on), task_(task), factory_(*task.factory), to_(to) {}

  status run();

private:
  /// A range of memory that one argument or variable leads to, before overlapping ones become
  /// regions.
  struct range {
    std::uint32_t parameter;
    address begin, end;
    address allocation; ///< 0: host
    place where;
    bool written;
  };
  /// An address that stands in memory which is a region itself.
  struct word {
    address at, to;
  };

  static bool is_on_device(const memory_info &info);
  status take(std::uint32_t index);
  status take_pointer(std::uint32_t index);
  status take_table(std::uint32_t index, address at, std::uint64_t bytes);
  status take_view(std::uint32_t index);
  status take_value(std::uint32_t index, argument_kind with);
  status take_object(std::uint32_t index);
  status take_reference(std::uint32_t index);
  status take_variables();
  status take_device_variable(std::uint32_t index);
  status take_host_variable(std::uint32_t index);
  status follow_host_memory(std::uint32_t index, address at, unsigned depth);
  status take_other(std::uint32_t index, address to, const tl_pointer &as);
  void stay_in_process(std::uint32_t index, const char *why);
  void borrow(std::uint32_t index, const char *why);
  void add_piece(std::uint32_t index, const tl_view &view, std::uint32_t access,
                 std::uint32_t element);
  void add_range(std::uint32_t index, address begin, address end, const memory_info &info,
                 bool written);
  void add_buffer(std::uint32_t index, address at, const memory_info &info, std::uint32_t access,
                  std::uint32_t element);
  const region *variable_at(address at) const;
  void make_regions();
  void resolve();
  bool locate(address at, std::uint32_t &region, std::uint64_t &offset) const;

  /// Looks where one word of an object leads: `found` is told of an address on the device, whose
  /// buffer is noted.
  template <class Found>
  status take_word(std::uint32_t index, const std::byte *at, const tl_pointer &as, Found found) {
    void *to = nullptr;
    std::memcpy(&to, at, sizeof to);
    // No user-space address of a device is this small: spares asking about every number.
    const bool handle = (as.content & TL_CONTENT_HANDLE) != 0;
    if (!to || (address_of(to) < 0x10000 && !handle))
      return status::ok();
    if (!handle) {
      const memory_info info = device_.inspect(to);
      if (is_on_device(info)) {
        add_buffer(index, address_of(to), info, as.access, as.element);
        found(address_of(to));
        return status::ok();
      }
    }
    return take_other(index, address_of(to), as);
  }

  /// Likewise of all of an object: the pointers that are known in it, or each aligned word.
  /// `content`: TL_CONTENT_* of the whole.
  template <class Found>
  status take_words(std::uint32_t index, const std::byte *object, std::uint64_t size,
                    std::span<const tl_pointer> known, std::uint32_t content, Found found) {
    for (const tl_pointer &it : known)
      if (it.offset + sizeof(void *) <= size)
        if (status taken =
                take_word(index, object + it.offset, it, [&](address to) { found(it.offset, to); });
            !taken)
          return taken;
    if (!known.empty())
      return status::ok();
    const tl_pointer unknown{0, TL_ELEMENT_BYTES, TL_ACCESS_UNKNOWN, content};
    for (std::uint64_t at = 0; at + sizeof(void *) <= size; at += sizeof(void *))
      if (status taken = take_word(index, object + at, unknown, [&](address to) { found(at, to); });
          !taken)
        return taken;
    return status::ok();
  }

  device &device_;
  const tuning_task &task_;
  const tl_factory &factory_;
  problem &to_;
  std::vector<range> ranges_;
  std::vector<word> words_;
};

} // namespace tl::rt::gpu

#endif
