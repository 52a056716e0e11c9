// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/hip/entry_points.h"

#include <cstring>
#include <dlfcn.h>
#include <link.h>

namespace tl::rt::hip {

/// The path of a HIP runtime that the process has loaded, of whatever version: two of them in one
/// process would not share a device. "" for none.
static std::string loaded_runtime() {
  std::string found;
  dl_iterate_phdr(
      [](dl_phdr_info *image, std::size_t, void *to) {
        const char *name = image->dlpi_name ? image->dlpi_name : "";
        const char *slash = std::strrchr(name, '/');
        if (std::strncmp(slash ? slash + 1 : name, "libamdhip64.so", 14) != 0)
          return 0;
        *static_cast<std::string *>(to) = name;
        return 1;
      },
      &found);
  return found;
}

static void *open_library(const char *library) {
  if (library)
    return dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (const std::string loaded = loaded_runtime(); !loaded.empty())
    return dlopen(loaded.c_str(), RTLD_NOW | RTLD_LOCAL);
  for (const char *name :
       {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"})
    if (void *opened = dlopen(name, RTLD_NOW | RTLD_LOCAL))
      return opened;
  return nullptr;
}

status open_runtime(const char *library, entry_points &to) {
  void *opened = open_library(library);
  if (!opened) {
    const char *reason = dlerror();
    return status::not_found(std::string("no HIP runtime: ") +
                             (reason ? reason : "libamdhip64.so does not load"));
  }
#define TL_HIP_LOAD(name, parameters)                                                              \
  to.name = reinterpret_cast<decltype(to.name)>(dlsym(opened, #name));
  TL_HIP_ENTRY_POINTS(TL_HIP_LOAD)
  TL_HIP_OVERLOADED_ENTRY_POINTS(TL_HIP_LOAD)
  TL_HIP_TEXT_ENTRY_POINTS(TL_HIP_LOAD)
  TL_HIP_OPTIONAL_ENTRY_POINTS(TL_HIP_LOAD)
  TL_HIP_NAME_ENTRY_POINTS(TL_HIP_LOAD)
#undef TL_HIP_LOAD
#define TL_HIP_REQUIRE(name, parameters)                                                           \
  if (!to.name)                                                                                    \
    return status::unsupported("the HIP runtime is too old: it has no " #name);
  TL_HIP_ENTRY_POINTS(TL_HIP_REQUIRE)
  TL_HIP_OVERLOADED_ENTRY_POINTS(TL_HIP_REQUIRE)
  TL_HIP_TEXT_ENTRY_POINTS(TL_HIP_REQUIRE)
#undef TL_HIP_REQUIRE
  const result initialised = to.hipInit(0);
  // Without a device some versions call it invalid.
  if (initialised == error_no_device || initialised == error_invalid_device)
    return status::not_found("the HIP runtime finds no device: hipInit answers " +
                             describe(to, initialised));
  if (initialised != success)
    return TL_HIP_CALL(to, hipInit(0));
  int devices = 0;
  if (!good(to, to.hipGetDeviceCount(&devices)) || devices == 0)
    return status::not_found("the HIP runtime finds no device");
  return TL_HIP_CALL(to, hipRuntimeGetVersion(&to.version));
}

std::string describe(const entry_points &api, result error) {
  return std::string(api.hipGetErrorName(error)) + " (" + std::to_string(error) +
         "): " + api.hipGetErrorString(error);
}

/// Whether an error is final for the process. Most faults of a kernel end it at once: ROCm aborts.
static bool is_sticky(result error) {
  switch (error) {
  case 214: // ECCNotCorrectable
  case 700: // IllegalAddress
  case 702: // LaunchTimeOut
  case 710: // Assert
  case 719: // LaunchFailure
  case 999: // Unknown
    return true;
  default:
    return false;
  }
}

status check(const entry_points &api, result answer, const char *call, const char *file, int line) {
  if (answer == success)
    return status::ok();
  api.hipGetLastError();
  // The file's name is enough, and does not depend on where it was built.
  const char *slash = std::strrchr(file, '/');
  std::string text = describe(api, answer) + " from " + call + " at " + (slash ? slash + 1 : file) +
                     ":" + std::to_string(line);
  if (is_sticky(answer))
    return status::lost(std::move(text));
  if (answer == error_out_of_memory)
    return status::full(std::move(text));
  if (answer == error_not_supported || answer == error_invalid_value)
    return status::unsupported(std::move(text));
  return status::io_error(std::move(text));
}

bool is_host(const entry_points &api, const pointer_attributes &of) {
  return of.type == (api.major() < 6 ? 0 : 1);
}

bool is_unregistered(const entry_points &api, const pointer_attributes &of) {
  return api.major() >= 6 && of.type == 0;
}

} // namespace tl::rt::hip
