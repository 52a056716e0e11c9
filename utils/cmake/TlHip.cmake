# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# tl_hip_sources(target GPUS gfx90a ... SOURCES source...): adds HIP sources to a target of the C++
# language, compiled by its Clang for these GPUs with the HIP of the distribution's packages (see
# hip-flags beside this file), and links HIP's runtime. With a ROCm of Clang's own age CMake's HIP
# language does the same, and tl_autotune() sees to its sources too.

function(tl_hip_sources target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "GPUS;SOURCES")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tl_hip_sources: '${target}' is not a target")
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_GPUS OR NOT arg_SOURCES)
    message(FATAL_ERROR "tl_hip_sources(${target}): found '${ARGN}', expected GPUS gfx90a ... SOURCES file...")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "tl_hip_sources(${target}): the compiler is ${CMAKE_CXX_COMPILER_ID}, expected Clang")
  endif()

  find_program(TL_HIP_FLAGS hip-flags NO_DEFAULT_PATH REQUIRED
               PATHS ${CMAKE_CURRENT_FUNCTION_LIST_DIR} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
  find_library(TL_HIP_LIBRARY amdhip64 REQUIRED)
  mark_as_advanced(TL_HIP_FLAGS TL_HIP_LIBRARY)
  string(REGEX MATCH "^[0-9]+" major "${CMAKE_CXX_COMPILER_VERSION}")
  execute_process(COMMAND ${TL_HIP_FLAGS} --clang ${major} ${arg_GPUS}
                  OUTPUT_VARIABLE flags ERROR_VARIABLE why RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "tl_hip_sources(${target}): ${why}")
  endif()

  target_sources(${target} PRIVATE ${arg_SOURCES})
  set_source_files_properties(${arg_SOURCES} PROPERTIES LANGUAGE CXX COMPILE_FLAGS "-x hip ${flags}")
  target_link_libraries(${target} PRIVATE ${TL_HIP_LIBRARY})
endfunction()
