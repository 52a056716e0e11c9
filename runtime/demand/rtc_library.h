// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVIDIA's compiler library, and AMD's, as they are on this machine.

#ifndef TL_RUNTIME_DEMAND_RTC_LIBRARY_H
#define TL_RUNTIME_DEMAND_RTC_LIBRARY_H

#include <string>
#include <vector>

namespace tl::rt::demand {

enum class rtc_kind { nvrtc, hiprtc };

/// "NVRTC".
const char *library_name(rtc_kind kind);

struct rtc_library {
  rtc_kind kind = rtc_kind::nvrtc;
  std::string path;                  ///< "": there is none
  std::string identity;              ///< changes when another one is in its place
  std::vector<std::string> includes; ///< folders of the toolkit's headers
};

/// The first one of: what the process has loaded (as PyTorch has); the folders of LD_LIBRARY_PATH;
/// the toolkits of CUDA_HOME and CUDA_PATH (ROCM_PATH and HIP_PATH), and of the build (`toolkit`:
/// its headers); /usr/local/cuda (/opt/rocm); the system's own folders. Opens nothing that is not
/// loaded.
rtc_library find_rtc_library(rtc_kind kind, const std::string &toolkit);

/// Where that has looked, for people.
const char *rtc_library_places(rtc_kind kind);

} // namespace tl::rt::demand

#endif
