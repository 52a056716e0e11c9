// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A header that NVRTC alone comes to.

#pragma once

#include "Inputs/rtc_more.h"
