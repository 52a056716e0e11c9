// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For hiprtc_on_standin.hip.

#pragma once

#include "hiprtc_inner.h"

#ifndef __HIPCC_RTC__
#include <vector>
inline std::vector<int> only_on_the_host;
#endif
