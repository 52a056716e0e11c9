// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_VERSION_H
#define TL_VERSION_H

#define TL_VERSION_MAJOR 0
#define TL_VERSION_MINOR 1
#define TL_VERSION_PATCH 0
#define TL_VERSION_STRING "0.1.0"

#endif
