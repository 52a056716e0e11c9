// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/abi.h>

uint32_t tl_rt_abi_version(void) { return TL_ABI_VERSION; }
