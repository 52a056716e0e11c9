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

/// Consecutive memory that arguments lead to. Overlapping ranges of one allocation are one region,
/// so that buffers which alias each other still do in the copies.
struct region {
  address original = 0;    ///< in the calling process
  std::uint64_t bytes = 0; ///< [bytes]
  bool on_host = false;
  bool written = false;           ///< some argument allows it
  ipc_handle handle{};            ///< of the allocation that holds it
  std::uint64_t offset = 0;       ///< inside that allocation [bytes]
  std::vector<std::byte> content; ///< of a region on the host
};

/// Where an argument object holds an address.
struct pointer_in_argument {
  std::uint32_t at = 0; ///< offset in the object [bytes]; unused when `rebase` sets it
  std::uint32_t region = 0;
  std::uint64_t offset = 0; ///< inside the region [bytes]
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
  std::vector<pointer_in_argument> pointers;
};

/// Elements that a factory may write.
struct piece {
  std::uint32_t parameter = 0;
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
  bool has_stream = false;
  std::uint64_t seed = 0;
  tl_options options{}; ///< its callbacks do not cross
  std::vector<region> regions;
  std::vector<argument> arguments;
  std::vector<piece> pieces;
  std::string in_process; ///< why the arguments cannot cross to another process; "" when they can

  std::vector<std::byte> serialise() const;
  static bool parse(const std::byte *data, std::size_t size, problem &to);
};

/// Takes the arguments of a call apart. Not ok: they make no sense, and the text says why.
status take_apart(device &on, const tuning_task &task, problem &to);

/// Name of a parameter for people: "c", or "argument 3".
std::string parameter_name(const tl_factory &factory, std::uint32_t index);

} // namespace tl::rt::gpu

#endif
