// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/take_apart_impl.h"

#include <fmt/format.h>

#include <sys/uio.h>
#include <unistd.h>

namespace tl::rt::gpu {

/// How far memory of the host is looked through for addresses of the device: bytes at each address,
/// and addresses one behind the other.
static constexpr std::size_t looked_at_each = 256;
static constexpr unsigned most_steps = 3;

std::byte *address_of_variable(const tl_variable &variable) {
  const void *at = variable.address  ? variable.address
                   : variable.locate ? variable.locate()
                                     : nullptr;
  return const_cast<std::byte *>(static_cast<const std::byte *>(at));
}

/// A word that is no address on the device, which is no number either as far as is known.
status taker::take_other(std::uint32_t index, address to, const tl_pointer &as) {
  if (as.content & TL_CONTENT_SURFACE)
    return status::unsupported(
        fmt::format("{} holds a surface, through which trials would write to what cannot be copied",
                    parameter_name(factory_, index)));
  if (as.content & TL_CONTENT_HANDLE) {
    stay_in_process(index, "holds a handle, which means nothing in another process");
    return status::ok();
  }
  if (as.content & (TL_CONTENT_POINTERS | TL_CONTENT_OBJECT)) {
    stay_in_process(index, "holds an address in the program's own memory");
    // Behind numbers there is nothing.
    return as.element == TL_ELEMENT_BYTES || as.element == TL_ELEMENT_POINTER
               ? follow_host_memory(index, to, most_steps)
               : status::ok();
  }
  return status::ok();
}

/// Behind memory of the host there may be memory of the device: no copy stands for it.
status taker::follow_host_memory(std::uint32_t index, address at, unsigned depth) {
  void *words[looked_at_each / sizeof(void *)];
  iovec to{words, sizeof words}, from{reinterpret_cast<void *>(at & ~address(7)), sizeof words};
  // Unlike a plain read it can be asked for what is not there.
  const ssize_t got = ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0);
  for (ssize_t i = 0; i < got / ssize_t(sizeof(void *)); ++i) {
    if (address_of(words[i]) < 0x10000)
      continue;
    if (is_on_device(device_.inspect(words[i])))
      return status::unsupported(fmt::format(
          "{} leads to memory of the device by way of the host's, which trials could not be kept "
          "from changing",
          parameter_name(factory_, index)));
    if (depth > 1)
      if (status followed = follow_host_memory(index, address_of(words[i]), depth - 1); !followed)
        return followed;
  }
  return status::ok();
}

status taker::take_device_variable(std::uint32_t index) {
  const tl_variable &variable = factory_.variables[index];
  const std::uint32_t number = number_of_variable(factory_, index);
  void *at = nullptr;
  std::uint64_t bytes = variable.bytes;
  if (variable.memory == TL_MEMORY_MANAGED)
    at = address_of_variable(variable);
  else if (!factory_.find_symbol || !factory_.find_symbol(variable.address, &at, &bytes))
    at = nullptr;
  if (!at || bytes == 0)
    return status::unsupported(
        fmt::format("{} is not known to the device yet", parameter_name(factory_, number)));
  region made;
  made.original = address_of(at);
  made.bytes = bytes;
  made.variable = static_cast<std::int32_t>(index);
  made.written = (variable.access & TL_VARIABLE_WRITTEN) != 0;
  if (bytes <= most_looked_at) {
    made.content.resize(bytes);
    if (status done = device_.copy(address_of(made.content.data()), made.original, bytes); !done)
      return done;
    if (status done = device_.synchronize(); !done)
      return done;
  }
  to_.regions.push_back(std::move(made));
  const region &kept = to_.regions.back();
  add_range(number, kept.original, kept.original + bytes, {place::staged, kept.original, bytes},
            kept.written);
  if (kept.written) {
    tl_view whole{};
    whole.data = at;
    whole.bytes = bytes;
    whole.rank = 1;
    add_piece(number, whole, TL_ACCESS_UNKNOWN, variable.element);
  }
  if (variable.content == TL_CONTENT_BYTES)
    return status::ok();
  if (kept.content.empty())
    return status::unsupported(
        fmt::format("{} holds addresses among {} bytes, of which at most {} are looked through",
                    parameter_name(factory_, number), bytes, most_looked_at));
  const address begin = kept.original;
  const std::vector<std::byte> content = kept.content;
  return take_words(
      number, content.data(), bytes, {variable.pointers, variable.pointer_count}, variable.content,
      [&](std::uint64_t offset, address to) { words_.push_back({begin + offset, to}); });
}

status taker::take_host_variable(std::uint32_t index) {
  const tl_variable &variable = factory_.variables[index];
  const std::uint32_t number = number_of_variable(factory_, index);
  const std::byte *at = address_of_variable(variable);
  if (!at || variable.bytes == 0) {
    if (variable.access & TL_VARIABLE_READ)
      stay_in_process(number, "is of unknown size");
    return status::ok();
  }
  // What is only written need not be carried to another process.
  const bool read = (variable.access & TL_VARIABLE_READ) != 0;
  if (!read && variable.content != TL_CONTENT_BYTES)
    return status::ok();
  host_variable made;
  made.variable = index;
  made.content.assign(at, at + variable.bytes);
  if (variable.content & TL_CONTENT_OBJECT)
    stay_in_process(number, "is an object of a class that cannot be copied to another process");
  status taken;
  if (variable.content != TL_CONTENT_BYTES)
    taken = take_words(number, made.content.data(), variable.bytes,
                       {variable.pointers, variable.pointer_count}, variable.content,
                       [&](std::uint64_t offset, address to) {
                         made.pointers.push_back({static_cast<std::uint32_t>(offset), 0, to});
                       });
  to_.variables.push_back(std::move(made));
  return taken;
}

/// What the factory reads besides its arguments. The program's main never ran in a worker.
status taker::take_variables() {
  for (std::uint32_t i = 0; i < factory_.variable_count; ++i)
    if (factory_.variables[i].memory != TL_MEMORY_HOST)
      if (status taken = take_device_variable(i); !taken)
        return taken;
  for (std::uint32_t i = 0; i < factory_.variable_count; ++i)
    if (factory_.variables[i].memory == TL_MEMORY_HOST)
      if (status taken = take_host_variable(i); !taken)
        return taken;
  return status::ok();
}

} // namespace tl::rt::gpu
