// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/element.h"
#include "runtime/domain/element_value.h"
#include "runtime/supply/trial_inputs.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

namespace tl::rt {
namespace {

/// Pages of their own, so that trials which watch pages see no writes to other objects.
class host_memory final : public input_memory {
public:
  host_memory(void *data, std::uint64_t bytes) : data_(data), bytes_(bytes) {}
  ~host_memory() override { ::munmap(data_, bytes_); }
  host_memory(const host_memory &) = delete;
  host_memory &operator=(const host_memory &) = delete;
  void *data() override { return data_; }

private:
  void *data_;
  std::uint64_t bytes_;
};

} // namespace

static std::unique_ptr<input_memory> make_host_memory(std::uint64_t bytes, std::uint32_t element,
                                                      std::uint32_t kind, std::uint64_t seed,
                                                      std::string &error) {
  void *data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    error = fmt::format("{} bytes of memory: {}", bytes, std::strerror(errno));
    return nullptr;
  }
  auto memory = std::make_unique<host_memory>(data, bytes);
  if (kind != TL_SUPPLY_NONE) {
    const supply_parameters p{.data = 0,
                              .count = bytes / element_size(element),
                              .seed = seed,
                              .element = element,
                              .kind = kind};
    for (std::uint64_t i = 0; i < p.count; ++i)
      supply_element(p, data, i);
  }
  return memory;
}

std::unique_ptr<input_memory> make_device_input_memory(std::uint32_t backend, std::int32_t device,
                                                       std::uint64_t bytes,
                                                       const supply_parameters &parameters,
                                                       std::string &error);

std::unique_ptr<input_memory> make_input_memory(std::uint32_t backend, std::int32_t device,
                                                std::uint64_t bytes, std::uint32_t element,
                                                std::uint32_t kind, std::uint64_t seed,
                                                std::string &error) {
  if (backend == TL_BACKEND_CPU)
    return make_host_memory(bytes, element, kind, seed, error);
  return make_device_input_memory(backend, device, bytes,
                                  {.data = 0,
                                   .count = bytes / element_size(element),
                                   .seed = seed,
                                   .element = element,
                                   .kind = kind},
                                  error);
}

} // namespace tl::rt
