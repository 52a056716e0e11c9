// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVIDIA's compiler library, as it is on this machine.

#ifndef TL_RUNTIME_DEMAND_RTC_LIBRARY_H
#define TL_RUNTIME_DEMAND_RTC_LIBRARY_H

#include <string>
#include <vector>

namespace tl::rt::demand {

struct rtc_library {
  std::string path;                  ///< "": there is none
  std::string identity;              ///< changes when another one is in its place
  std::vector<std::string> includes; ///< folders of the toolkit's headers
};

/// The first one of: what the process has loaded (as PyTorch has); the folders of LD_LIBRARY_PATH;
/// the toolkits of CUDA_HOME, CUDA_PATH and of the build (`toolkit`: its headers); /usr/local/cuda;
/// the system's own folders. Opens nothing.
rtc_library find_rtc_library(const std::string &toolkit);

/// Where that has looked, for people.
inline constexpr const char *rtc_library_places =
    "among the loaded libraries, in LD_LIBRARY_PATH, CUDA_HOME, CUDA_PATH, the toolkit that the "
    "program was built with, /usr/local/cuda and the system's library folders";

} // namespace tl::rt::demand

#endif
