// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything a kernel author includes. See docs/ for the attribute's reference.
//
// What is named in the attribute only is nothing to tools that do not load the plugin:
// IWYU pragma: always_keep

#ifndef TL_AUTOTUNE_H
#define TL_AUTOTUNE_H

#include <tl/language.h>

// IWYU pragma: begin_exports
#include <tl/detail/absent.h>
#include <tl/detail/baked.h>
#include <tl/detail/dispatch.h>
#include <tl/detail/factory_handle.h>
#include <tl/detail/invoke_launch.h>
#include <tl/detail/launch_callbacks.h>
#include <tl/infeasible.h>
#include <tl/inputs.h>
#include <tl/kernel.h>
#include <tl/key.h>
#include <tl/keywords.h>
#include <tl/on_demand.h>
#include <tl/options.h>
#include <tl/space.h>
#include <tl/supply.h>
#include <tl/type.h>
#include <tl/version.h>
#include <tl/views.h>
// IWYU pragma: end_exports

/// The attribute, where the plugin is loaded; nothing elsewhere, so that other compilers and
/// editors that do not load plugins see no unknown attribute.
#ifdef __has_cpp_attribute
#if __has_cpp_attribute(tl::autotune)
#define TL_AUTOTUNE(...) [[tl::autotune(__VA_ARGS__)]]
#endif
#endif
#ifndef TL_AUTOTUNE
#define TL_AUTOTUNE(...)
#endif

#endif
