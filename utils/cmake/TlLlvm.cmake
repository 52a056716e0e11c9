# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The Clang that the plugin is for: its headers and its tools; nothing of it is linked.

# Found without a version: LLVM's version file only accepts its exact minor version.
find_package(LLVM REQUIRED CONFIG HINTS /usr/lib/llvm-${TL_LLVM_MAJOR} NO_CMAKE_FIND_ROOT_PATH)
if(NOT LLVM_VERSION_MAJOR EQUAL TL_LLVM_MAJOR)
  message(FATAL_ERROR "LLVM ${LLVM_PACKAGE_VERSION} found at ${LLVM_DIR}, expected ${TL_LLVM_MAJOR}; "
                      "set TL_LLVM_MAJOR, or LLVM_DIR to that version's lib/cmake/llvm")
endif()
if(NOT EXISTS ${LLVM_INCLUDE_DIR}/clang/AST/AST.h)
  message(FATAL_ERROR "no Clang headers in ${LLVM_INCLUDE_DIR}, expected those of libclang-${TL_LLVM_MAJOR}-dev")
endif()
message(STATUS "Plugin for Clang ${LLVM_PACKAGE_VERSION}")
