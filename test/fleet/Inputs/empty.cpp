// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tells whether distcc works on a machine.
