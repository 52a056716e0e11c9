# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Writes a C++ source file with the bytes of a file. See runtime/support/embedded.h.

set(bytes "")
set(size 0)
if(INPUT)
  file(READ ${INPUT} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
                       "\\1\n" bytes "${bytes}")
endif()
file(WRITE ${OUTPUT} "// Generated from ${NAME}\n#include <cstddef>\nnamespace tl::rt {
extern const unsigned char embedded_${NAME}[];
extern const std::size_t embedded_${NAME}_size;
const unsigned char embedded_${NAME}[] = {\n${bytes}0};
const std::size_t embedded_${NAME}_size = ${size};
} // namespace tl::rt\n")
