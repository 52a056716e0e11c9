// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `rhypot(x, y)` of two floats computes in double, many times slower on most devices, since the
// headers have no overload for float, only a function of another name; and nothing says so.

#ifndef TL_PLUGIN_DOUBLECALLS_H
#define TL_PLUGIN_DOUBLECALLS_H

#include "plugin/Session.h"

namespace tlplugin {

/// Warns about calls in the device function D of a system header's function of double that a float
/// is converted for, once for each place.
void warnAboutDoubleCalls(Session &T, clang::Decl *D);

} // namespace tlplugin

#endif
