// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The language that the headers are written in. Included before anything else, so that a missing
// -std=c++20 is one sentence and not a page of errors.

#ifndef TL_LANGUAGE_H
#define TL_LANGUAGE_H

#if __cplusplus <= 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG > 201703L)
#ifdef __clang__
#pragma clang diagnostic fatal "-W#warnings"
#warning "the headers of TL Autotune need C++20 or later: compile with -std=c++20"
#endif
// Compilers go on after an #error, and Clang after a warning with -w. They stop at a file that is
// not there.
#include "the headers of TL Autotune need C++20 or later: compile with -std=c++20"
#endif

#endif
