// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/own_variables.h"

// In an object of its own, which is the first of those that the static runtime is one object of.
constinit char tl::rt::first_data_of_runtime = 1;
constinit char tl::rt::first_zeros_of_runtime = 0;
