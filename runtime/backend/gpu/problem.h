// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call's arguments taken apart so that another process can put them together again: regions of
// memory, argument objects that point into them, and the pieces that are results.

#ifndef TL_RUNTIME_BACKEND_GPU_PROBLEM_H
#define TL_RUNTIME_BACKEND_GPU_PROBLEM_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt::gpu {

/// Where an object or a region holds an address.
struct held_pointer {
  std::uint32_t at = 0; ///< offset in it [bytes]; unused when `rebase` sets it
  std::uint32_t region = 0;
  std::uint64_t offset = 0; ///< inside the region [bytes]
};

/// Consecutive memory that arguments lead to, or a variable of the device. Overlapping ranges of
/// one allocation are one region, so that buffers which alias each other still do in the copies.
struct region {
  address original = 0;    ///< in the calling process
  std::uint64_t bytes = 0; ///< [bytes]
  bool on_host = false;
  bool written = false;           ///< some argument allows it
  std::int32_t variable = -1;     ///< of the device: index in tl_factory::variables
  ipc_handle handle{};            ///< of the allocation that holds it
  std::uint64_t offset = 0;       ///< inside that allocation [bytes]
  std::vector<std::byte> content; ///< of a region on the host, and of a small variable
  std::vector<held_pointer> pointers;
};

/// A variable of the host that the factory reaches, as the call finds it.
struct host_variable {
  std::uint32_t variable = 0; ///< index in tl_factory::variables
  std::vector<std::byte> content;
  std::vector<held_pointer> pointers;
};

enum class argument_kind : std::uint32_t {
  bytes,          ///< the object as it is
  rebased,        ///< a pointer or view that is pointed at the copy
  holds_pointers, ///< a plain object with addresses in it
  stream,
  host_object, ///< a reference to an object that is a region
  image,       ///< the bytes of an object of any class, addresses in it redirected; in the calling
               ///< process only
  borrowed,    ///< the caller's own object; in the calling process only
};

struct argument {
  argument_kind kind = argument_kind::bytes;
  std::vector<std::byte> object;
  std::vector<held_pointer> pointers;
};

/// Elements that a factory may write.
struct piece {
  std::uint32_t parameter = 0; ///< or, past the result, a variable; see parameter_name
  std::uint32_t region = 0;
  std::uint64_t offset = 0; ///< inside the region [bytes]
  std::uint64_t bytes = 0;
  std::uint32_t access = 0;       ///< TL_ACCESS_*
  std::uint32_t element = 0;      ///< TL_ELEMENT_*
  std::uint32_t element_size = 1; ///< [bytes]
  std::uint32_t rank = 0;         ///< 0: contiguous
  std::uint32_t shared = 0;       ///< another argument leads to the same memory
  std::uint64_t count = 0;        ///< elements
  std::uint64_t shape[TL_MAX_RANK]{};
  std::int64_t strides[TL_MAX_RANK]{};
};

struct problem {
  std::string factory; ///< its id
  std::uint32_t backend = 0;
  std::int32_t ordinal = 0;
  bool cold = true;
  bool once = false; ///< nothing will be timed: no run that the check does not need
  bool has_stream = false;
  std::uint64_t seed = 0;
  tl_options options{}; ///< its callbacks do not cross
  std::vector<region> regions;
  std::vector<argument> arguments;
  std::vector<piece> pieces;
  std::vector<piece> inputs; ///< numbers that a factory only reads
  std::vector<host_variable> variables;
  std::string in_process; ///< why the arguments cannot cross to another process; "" when they can

  std::vector<std::byte> serialise() const;
  static bool parse(const std::byte *data, std::size_t size, problem &to);
};

} // namespace tl::rt::gpu

#endif
