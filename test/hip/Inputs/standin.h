// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A recording stand-in for libamdhip64: what a test sees of it, and what a program gives it.

#ifndef TL_TEST_HIP_STANDIN_H
#define TL_TEST_HIP_STANDIN_H

#include <cstddef>

extern "C" {

/// All calls since the last reset, one a line: "hipMalloc(64) = hipSuccess".
const char *hip_standin_calls();
/// Objects that were made and not given back: "streams 1, events 0, ...".
const char *hip_standin_live();
/// The device's own memory of a variable, given the address that host code has of it; null: there is
/// none.
void *hip_standin_variable(const void *shadow);
/// Forgets the calls, failures that were asked for, and objects that are left but for memory.
void hip_standin_reset();
/// The n-th call (from 1) of this name from now on answers `error` and does nothing.
void hip_standin_fail(const char *call, int n, int error);

/// Defined by a program that launches kernels: does on the host what the kernel (by its mangled
/// name) would do on the device. Its arguments are as the launch has them.
void hip_standin_kernel(const char *name, const unsigned grid[3], const unsigned block[3],
                        std::size_t shared, void **arguments);
/// May be defined too: static shared memory of a kernel [bytes].
std::size_t hip_standin_static_shared(const char *name);
}

#endif
