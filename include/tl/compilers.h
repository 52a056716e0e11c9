// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compilers that a factory's kernels are made by, for `compilers = {tl::clang(), tl::nvcc()}`.

#ifndef TL_COMPILERS_H
#define TL_COMPILERS_H

#include <tl/language.h>

namespace tl {

/// One compiler of device code, with options of its own. A constant of the compilation: nothing of
/// it is left in the program but its text in the configs' names.
struct device_compiler {
  enum class kind { clang, nvcc, nvrtc, hiprtc } which;
  const char *options; ///< a string literal, separated by spaces
};

/// The Clang that compiles the file. `options` go to its passes for devices, behind those of the
/// command: `tl::clang("-mllvm -unroll-threshold=1000")`.
constexpr device_compiler clang(const char *options = "") {
  return {device_compiler::kind::clang, options};
}

/// The CUDA toolkit's nvcc, with the options of the command in its own words. `options` are its
/// own: `tl::nvcc("--maxrregcount=128")`.
constexpr device_compiler nvcc(const char *options = "") {
  return {device_compiler::kind::nvcc, options};
}

/// NVIDIA's compiler library on the machine that the program runs on: the kernels are compiled when
/// a session wants to try them, in processes of their own, for the device that is there. The
/// program has the file's source in it, in which what is not for the device stands between
/// `#ifndef __CUDACC_RTC__` and `#endif`. `options` are NVRTC's: `tl::nvrtc("--maxrregcount=128")`.
constexpr device_compiler nvrtc(const char *options = "") {
  return {device_compiler::kind::nvrtc, options};
}

/// The same for HIP: AMD's compiler library. What is not for the device stands between
/// `#ifndef __HIPCC_RTC__` and `#endif`, and `options` are those of the Clang in it.
constexpr device_compiler hiprtc(const char *options = "") {
  return {device_compiler::kind::hiprtc, options};
}

} // namespace tl

#endif
