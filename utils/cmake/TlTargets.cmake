# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What every target of this project is compiled with.

# Compilers that utils/check is run with. What others warn of must not keep anybody from building.
set(tl_strict OFF)
if((CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION MATCHES "^1[2-4]\\.")
   OR (CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CMAKE_CXX_COMPILER_VERSION MATCHES "^(19|22)\\."))
  set(tl_strict ON)
endif()

# tl_own_code(target [CONVERSION]): our warnings, as errors. CONVERSION adds -Wconversion.
function(tl_own_code target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CONVERSION" "" "")
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ${tl_strict})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
  # GCC 12 warns of its own std::string operator+ (GCC bug 105651) and the like, by each name
  # that its optimiser finds, and by more of them where system headers are precompiled.
  target_compile_options(${target} PRIVATE
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-nonnull>")
  # Clang reports what libstdc++ 12's own std::stable_sort uses.
  target_compile_options(${target} PRIVATE
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
  # Tests of the headers make options outside of attributes, where no plugin finds the keywords.
  target_compile_definitions(${target} PRIVATE TL_KEYWORDS_ANYWHERE)
  if(arg_CONVERSION)
    target_compile_options(${target} PRIVATE -Wconversion)
  endif()
endfunction()

# tl_sanitize(target): compiles and links a target with TL_SANITIZE, if set.
function(tl_sanitize target)
  if(TL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${TL_SANITIZE} -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer -gline-tables-only)
    target_link_options(${target} PRIVATE -fsanitize=${TL_SANITIZE})
  endif()
endfunction()
