// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numbers inside of an object that a factory returns, by which two of them are compared.

#ifndef TL_PLUGIN_RESULTFIELDS_H
#define TL_PLUGIN_RESULTFIELDS_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Type.h"
#include <string>
#include <vector>

namespace tlplugin {

/// One number, or an array of them.
struct ResultField {
  std::string Name; ///< ".first", ".sums"
  unsigned Kind = 0;
  unsigned Element = 0; ///< TL_ELEMENT_*
  uint64_t Offset = 0;  ///< in the object [bytes]
  uint64_t Size = 0;    ///< of all elements [bytes]
  unsigned Bit = 0;     ///< of a bit-field: its first bit, counted from Offset
  unsigned Bits = 0;    ///< its width, 0: no bit-field
};

/// All of them, also of bases and private ones, in order. Pointers, references, unions and padding
/// are left out: nobody can say by them alone whether two objects mean the same. Empty for a type
/// that is no class, for one with virtual functions or bases, and for one with too many fields.
std::vector<ResultField> listResultFields(clang::ASTContext &C, clang::QualType Type);

} // namespace tlplugin

#endif
