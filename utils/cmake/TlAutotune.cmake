# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# tl_autotune(target [STATIC] [DEVICE_COMPILER clang|nvcc] [USE FILE]): makes the factories in a target's C++, CUDA and HIP sources
# tunable.
#
# Adds the plugin to their compilation, makes their objects depend on the plugin's file, and links the
# runtime (STATIC: the static one). With another compiler than the Clang that the plugin is for, the
# target is built untuned, and CMake says so.
#
# DEVICE_COMPILER nvcc: host code, variants and dispatchers are Clang's as always, and the device code of
# the target's CUDA sources is nvcc's, by the compiler launcher tl-nvcc (Ninja and Makefiles). The
# variable TL_NVCC_FLAGS, a list, goes to nvcc.
#
# USE: compiles the winners that FILE has, which `tltune bake` wrote, and no other variants, so that the
# program needs no database for them. While there is no such file, all variants are compiled, and CMake
# says so.
#
# tl_autotuned_sources(target SHARDS n [DROP_FAILED] source...): adds sources to such a target, each
# compiled in n parts that are jobs of their own. Every part reads the whole source and compiles its
# share of the variants; without the plugin there is one part. DROP_FAILED: variants that do not
# compile are left out with a warning, by the compiler launcher tl-drop-failed (Ninja and Makefiles).
#
# The same file serves this project's build and projects that use find_package(tl).

function(tl_autotune target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "DEVICE_COMPILER;USE" "")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tl_autotune: '${target}' is not a target")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tl_autotune: unknown argument '${arg_UNPARSED_ARGUMENTS}', expected STATIC, DEVICE_COMPILER or USE")
  endif()
  if(DEFINED arg_DEVICE_COMPILER AND NOT arg_DEVICE_COMPILER MATCHES "^(clang|nvcc)$")
    message(FATAL_ERROR "tl_autotune(${target}): DEVICE_COMPILER is '${arg_DEVICE_COMPILER}', expected clang or nvcc")
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
  set_target_properties(${target} PROPERTIES TL_TUNED ON)
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CXX>:-fplugin=${plugin}>"
    "$<$<COMPILE_LANG_AND_ID:CUDA,Clang>:-fplugin=${plugin}>"
    "$<$<COMPILE_LANG_AND_ID:HIP,Clang>:-fplugin=${plugin}>")
  if(COMMAND _tl_cccl_folder)
    _tl_find_cuda_toolkit(toolkit)
    _tl_cccl_folder("${toolkit}" cccl)
    if(cccl)
      target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:CUDA,Clang>:SHELL:-isystem ${cccl}>")
    endif()
  endif()
  if("${arg_DEVICE_COMPILER}" STREQUAL "nvcc")
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANG_AND_ID:CUDA,Clang>:-fplugin-arg-tl-device-compiler=nvcc>")
    set(options)
    foreach(flag IN LISTS TL_NVCC_FLAGS)
      list(APPEND options -Xnvcc ${flag})
    endforeach()
    _tl_launch(${target} tl-nvcc CUDA ${options})
  endif()
  set(read ${plugin})
  if(DEFINED arg_USE)
    get_filename_component(winners ${arg_USE} ABSOLUTE)
    if(EXISTS ${winners})
      # The hash makes the command another one when the file changes: compiler caches go by that.
      file(SHA256 ${winners} hash)
      string(SUBSTRING ${hash} 0 16 hash)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${winners})
      foreach(option use=${winners} use-hash=${hash})
        target_compile_options(${target} PRIVATE
          "$<$<COMPILE_LANGUAGE:CXX>:-fplugin-arg-tl-${option}>"
          "$<$<COMPILE_LANG_AND_ID:CUDA,Clang>:-fplugin-arg-tl-${option}>"
          "$<$<COMPILE_LANG_AND_ID:HIP,Clang>:-fplugin-arg-tl-${option}>")
      endforeach()
      list(APPEND read ${winners})
    else()
      message(WARNING "tl_autotune(${target}): built with all variants, since there is no ${winners}; tune, "
                      "make it with `tltune bake`, and run CMake again")
    endif()
  endif()
  # Sources may still be added to the target after this call.
  cmake_language(EVAL CODE
    "cmake_language(DEFER CALL _tl_depend_on_plugin [[${target}]] [[${read}]])")
  if(TARGET tlplugin)
    add_dependencies(${target} tlplugin)
  endif()
endfunction()

function(tl_autotuned_sources target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DROP_FAILED" "SHARDS" "")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tl_autotuned_sources: '${target}' is not a target")
  endif()
  if(NOT "${arg_SHARDS}" MATCHES "^[1-9][0-9]*$")
    message(FATAL_ERROR "tl_autotuned_sources(${target}): SHARDS is '${arg_SHARDS}', expected a number from 1 up")
  endif()
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tl_autotuned_sources(${target}): no sources given")
  endif()
  # Whether there is a plugin is known once tl_autotune was called, which may be later.
  target_sources(${target} PRIVATE ${arg_UNPARSED_ARGUMENTS})
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _tl_add_shards [[${target}]] ${arg_SHARDS} ${arg_DROP_FAILED} [[${arg_UNPARSED_ARGUMENTS}]]
    [[${CMAKE_CURRENT_SOURCE_DIR}]] [[${CMAKE_CURRENT_BINARY_DIR}]])")
endfunction()

# Shard 0 is the source itself, so that compile_commands.json names it. The others are files that
# include it, since one target compiles a file once; they are compiled with the source's own options.
function(_tl_add_shards target count drop_failed sources source_dir binary_dir)
  get_target_property(tuned ${target} TL_TUNED)
  if(NOT tuned)
    message(WARNING "tl_autotuned_sources(${target}): compiled in one part, since tl_autotune(${target}) "
                    "was not called or has no plugin")
    return()
  endif()
  get_target_property(plugin tl::plugin TL_PLUGIN_FILE)
  set(marker)
  if(drop_failed)
    set(marker -fplugin-arg-tl-drop-failed)
    foreach(language CXX CUDA HIP)
      _tl_launch(${target} tl-drop-failed ${language})
    endforeach()
  endif()
  math(EXPR last "${count} - 1")
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${source_dir})
    get_filename_component(name ${source} NAME_WLE)
    get_filename_component(extension ${source} LAST_EXT)
    string(SHA256 hash ${path})
    string(SUBSTRING ${hash} 0 8 hash)
    get_source_file_property(options ${path} DIRECTORY ${source_dir} COMPILE_OPTIONS)
    if(NOT options)
      set(options)
    endif()
    foreach(index RANGE ${last})
      set(shard ${path})
      if(index GREATER 0)
        set(shard ${binary_dir}/tl-shards/${target}/${name}-${hash}.${index}${extension})
        file(CONFIGURE OUTPUT ${shard} CONTENT "#include \"${path}\"\n" @ONLY)
        target_sources(${target} PRIVATE ${shard})
        foreach(property COMPILE_DEFINITIONS COMPILE_FLAGS INCLUDE_DIRECTORIES LANGUAGE OBJECT_DEPENDS)
          get_source_file_property(value ${path} DIRECTORY ${source_dir} ${property})
          if(value)
            set_property(SOURCE ${shard} TARGET_DIRECTORY ${target} PROPERTY ${property} ${value})
          endif()
        endforeach()
        set_property(SOURCE ${shard} TARGET_DIRECTORY ${target} APPEND PROPERTY OBJECT_DEPENDS ${plugin})
      endif()
      # A source's options hold for all targets that compile it.
      set_property(SOURCE ${shard} TARGET_DIRECTORY ${target} PROPERTY COMPILE_OPTIONS ${options}
        "$<$<STREQUAL:$<TARGET_PROPERTY:NAME>,${target}>:-fplugin-arg-tl-shard=${index}/${count};${marker}>")
    endforeach()
  endforeach()
endfunction()

# Puts one of our launchers, with options, before those that a target has for a language. A launcher is
# a target's, not a source's: it leaves alone what the marker does not stand on.
function(_tl_launch target name language)
  string(TOUPPER ${name} variable)
  string(REPLACE "-" "_" variable ${variable})
  find_program(${variable} ${name} NO_DEFAULT_PATH REQUIRED
               PATHS ${CMAKE_CURRENT_FUNCTION_LIST_DIR} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
  mark_as_advanced(${variable})
  get_target_property(launcher ${target} ${language}_COMPILER_LAUNCHER)
  if(NOT launcher)
    set(launcher)
  endif()
  if(NOT ${variable} IN_LIST launcher)
    set_property(TARGET ${target} PROPERTY ${language}_COMPILER_LAUNCHER
                 ${${variable}} --marked ${ARGN} ${launcher})
  endif()
endfunction()

# The compiler's dependency output names the plugin and the winners, which is enough for Ninja and for Makefiles as
# they are by default. With CMAKE_DEPENDS_USE_COMPILER=OFF Makefiles go by CMake's own scanner, which
# looks for #include only.
function(_tl_depend_on_plugin target files)
  get_target_property(sources ${target} SOURCES)
  get_target_property(source_dir ${target} SOURCE_DIR)
  foreach(source IN LISTS sources)
    if(source MATCHES "^\\$<")
      continue()
    endif()
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} APPEND PROPERTY OBJECT_DEPENDS ${files})
  endforeach()
endfunction()
