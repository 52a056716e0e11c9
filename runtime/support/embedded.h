// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that the build puts into the runtime.

#ifndef TL_RUNTIME_SUPPORT_EMBEDDED_H
#define TL_RUNTIME_SUPPORT_EMBEDDED_H

#include <cstddef>

namespace tl::rt {

/// backend/gpu/kernels.cu as PTX, null-terminated. Empty when no Clang was there to compile it.
extern const unsigned char embedded_kernels[];
extern const std::size_t embedded_kernels_size; ///< without the terminator

/// kernels.cu as code objects for HIP, in one bundle of Clang's. Empty when no Clang that has AMD's
/// target, its linker and its bundler was there.
extern const unsigned char embedded_hip_kernels[];
extern const std::size_t embedded_hip_kernels_size;

/// The hook library (backend/gpu/hook.c), a shared object.
extern const unsigned char embedded_hook[];
extern const std::size_t embedded_hook_size;

/// The program that compiles with NVRTC or HIPRTC (demand/rtc_process.c).
extern const unsigned char embedded_rtc_process[];
extern const std::size_t embedded_rtc_process_size;

} // namespace tl::rt

#endif
