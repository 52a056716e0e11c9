// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numbers and pointers inside an argument of a class type.

#ifndef TL_PLUGIN_MEMBERS_H
#define TL_PLUGIN_MEMBERS_H

#include "plugin/CodeBuilder.h"
#include "llvm/ADT/PointerUnion.h"

namespace tlplugin {

/// One value, however deep it stands.
struct Member {
  /// Fields, and indices of array elements where there is no field.
  struct Step {
    clang::FieldDecl *Field;
    unsigned Index;
  };
  std::string Name; ///< ".size[1]"
  llvm::SmallVector<Step, 4> Path;
  clang::QualType Type;
  unsigned Kind;       ///< TL_MEMBER_*
  unsigned Element;    ///< TL_ELEMENT_*
  bool ReadOnly;       ///< what a pointer leads to
  uint64_t Offset = 0; ///< [bytes]
  unsigned Bit = 0, Bits = 0;
};

/// TL_ELEMENT_* of a built-in number or enum, TL_ELEMENT_BYTES for any other type.
unsigned elementOfNumber(clang::ASTContext &C, clang::QualType Type);

/// Which members say something: pointers always; floating-point numbers unless they are results;
/// integers, enums and bools where they tell problems apart.
enum class MemberUse { Pointers, Facts, All };

/// The members of an argument of type `Class`: those of plain classes (trivially copyable, or
/// public), their bases and arrays. None for a class that stands for a number (one that converts to
/// a floating-point number).
std::vector<Member> listMembers(Session &T, clang::QualType Class, MemberUse Use);

/// The member of an object.
clang::Expr *buildMember(CodeBuilder &B, clang::Expr *Object, const Member &M);

} // namespace tlplugin

#endif
