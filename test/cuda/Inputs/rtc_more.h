// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

constexpr int added = 0;
