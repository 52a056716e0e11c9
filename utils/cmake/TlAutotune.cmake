# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# tl_autotune(target [STATIC]): makes the factories in a target's C++ and CUDA sources tunable.
#
# Adds the plugin to their compilation, makes their objects depend on the plugin's file (a compiler's
# dependency output does not name it), and links the runtime (STATIC: the static one). With another
# compiler than the Clang that the plugin is for, the target is built untuned, and CMake says so.
#
# The same file serves this project's build and projects that use find_package(tl).

function(tl_autotune target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "" "")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tl_autotune: '${target}' is not a target")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tl_autotune: unknown argument '${arg_UNPARSED_ARGUMENTS}', expected STATIC")
  endif()

  if(arg_STATIC)
    target_link_libraries(${target} PRIVATE tl::runtime_static)
  else()
    target_link_libraries(${target} PRIVATE tl::runtime)
  endif()

  string(REGEX MATCH "^[0-9]+" major "${CMAKE_CXX_COMPILER_VERSION}")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR NOT TARGET tl::plugin)
    message(WARNING "tl_autotune(${target}): built untuned, since there is no plugin for "
                    "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
    return()
  endif()
  get_target_property(plugin_major tl::plugin TL_CLANG_MAJOR)
  if(NOT major EQUAL plugin_major)
    message(WARNING "tl_autotune(${target}): built untuned, since the plugin is for Clang ${plugin_major} "
                    "and the compiler is Clang ${CMAKE_CXX_COMPILER_VERSION}")
    return()
  endif()

  get_target_property(plugin tl::plugin TL_PLUGIN_FILE)
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CXX>:-fplugin=${plugin}>"
    "$<$<COMPILE_LANG_AND_ID:CUDA,Clang>:-fplugin=${plugin}>")
  # Sources may still be added to the target after this call.
  cmake_language(EVAL CODE
    "cmake_language(DEFER CALL _tl_depend_on_plugin [[${target}]] [[${plugin}]])")
  if(TARGET tlplugin)
    add_dependencies(${target} tlplugin)
  endif()
endfunction()

function(_tl_depend_on_plugin target plugin)
  get_target_property(sources ${target} SOURCES)
  get_target_property(source_dir ${target} SOURCE_DIR)
  foreach(source IN LISTS sources)
    if(source MATCHES "^\\$<")
      continue()
    endif()
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} APPEND PROPERTY OBJECT_DEPENDS ${plugin})
  endforeach()
endfunction()
