# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# CUDA by Clang, in projects that CMake's own support does not serve.
#
# tl_enable_cuda(ARCH 90 ...): enables CMake's CUDA language with the project's Clang as its compiler. CMake 3.25
# does not recognise Clang with CUDA 13 unless it is told an architecture before it tries. A macro, to be called
# where project(... LANGUAGES CUDA) would stand: behind project().
#
# tl_cuda_sources(target ARCH 90 ... SOURCES source... [OPTIONS option...]): adds CUDA sources to a target of a
# project whose compilers are nvcc, GCC or both. They are compiled by Clang with the plugin, with the target's
# include directories and definitions, into objects that link with all others; the runtime comes along. Which Clang:
# the variable TL_CLANG, or the newest one that the package has a plugin for.

# The toolkit's folder: the CUDA language's, what CMake's own finder is told by, or the usual place.
function(_tl_find_cuda_toolkit result)
  foreach(folder "${CMAKE_CUDA_COMPILER_TOOLKIT_ROOT}" "${CUDAToolkit_ROOT}" "$ENV{CUDAToolkit_ROOT}" "$ENV{CUDA_PATH}"
                 /usr/local/cuda)
    if(folder AND EXISTS "${folder}/include/cuda_runtime.h")
      set(${result} ${folder} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

# From CUDA 13 on Thrust, CUB and libcu++ stand in a folder of their own, which nvcc knows and Clang does not.
function(_tl_cccl_folder toolkit result)
  set(${result} "" PARENT_SCOPE)
  if(toolkit AND EXISTS "${toolkit}/include/cccl/cub")
    set(${result} "${toolkit}/include/cccl" PARENT_SCOPE)
  endif()
endfunction()

macro(tl_enable_cuda)
  cmake_parse_arguments(_tl_enable "" "" "ARCH" ${ARGN})
  if(NOT _tl_enable_ARCH OR _tl_enable_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tl_enable_cuda: found '${ARGN}', expected ARCH 90 ...")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "tl_enable_cuda: the C++ compiler is ${CMAKE_CXX_COMPILER_ID}, expected Clang; "
                        "tl_cuda_sources() adds sources to targets of other compilers")
  endif()
  if(NOT CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_COMPILER ${CMAKE_CXX_COMPILER} CACHE FILEPATH "CUDA compiler")
  endif()
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES ${_tl_enable_ARCH} CACHE STRING "CUDA architectures")
  endif()
  _tl_find_cuda_toolkit(_tl_enable_toolkit)
  list(GET _tl_enable_ARCH 0 _tl_enable_first)
  # What CMake initialises its own variable of flags from.
  set(CMAKE_CUDA_FLAGS_INIT
    "--cuda-gpu-arch=sm_${_tl_enable_first} --cuda-path=${_tl_enable_toolkit} -Wno-unknown-cuda-version")
  if(NOT CMAKE_CUDA_FLAGS MATCHES "--(cuda-gpu|offload)-arch=")
    string(STRIP "${CMAKE_CUDA_FLAGS_INIT} ${CMAKE_CUDA_FLAGS}" CMAKE_CUDA_FLAGS)
  endif()
  enable_language(CUDA)
endmacro()

# A Clang and the plugin for it, "" where there is none.
function(_tl_find_clang compiler plugin)
  set(majors 22 19)
  if(TL_CLANG)
    execute_process(COMMAND ${TL_CLANG} -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE
                    ERROR_QUIET)
    string(REGEX MATCH "^[0-9]+" majors "${version}")
  endif()
  foreach(major IN LISTS majors)
    set(file ${TL_PLUGIN_ROOT}/clang-${major}/libtlplugin.so)
    if(TL_CLANG)
      set(found ${TL_CLANG})
    else()
      find_program(TL_CLANG_${major} clang++-${major})
      mark_as_advanced(TL_CLANG_${major})
      set(found ${TL_CLANG_${major}})
    endif()
    if(found AND EXISTS ${file})
      set(${compiler} ${found} PARENT_SCOPE)
      set(${plugin} ${file} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${compiler} "" PARENT_SCOPE)
endfunction()

function(tl_cuda_sources target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ARCH;SOURCES;OPTIONS")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tl_cuda_sources: '${target}' is not a target")
  endif()
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_ARCH OR NOT arg_SOURCES)
    message(FATAL_ERROR "tl_cuda_sources(${target}): found '${ARGN}', expected ARCH 90 ... SOURCES file...")
  endif()
  _tl_find_clang(compiler plugin)
  if(NOT compiler)
    message(FATAL_ERROR "tl_cuda_sources(${target}): found no Clang that there is a plugin for under ${TL_PLUGIN_ROOT}; "
                        "expected clang++-22 or clang++-19, or TL_CLANG to name one")
  endif()
  _tl_find_cuda_toolkit(toolkit)
  if(NOT toolkit)
    message(FATAL_ERROR "tl_cuda_sources(${target}): found no CUDA toolkit in CUDAToolkit_ROOT, CUDA_PATH or "
                        "/usr/local/cuda, expected include/cuda_runtime.h there")
  endif()
  _tl_cccl_folder(${toolkit} cccl)

  set(flags -x cuda -std=c++20 --cuda-path=${toolkit} -Wno-unknown-cuda-version -fplugin=${plugin})
  foreach(arch IN LISTS arg_ARCH)
    list(APPEND flags --cuda-gpu-arch=sm_${arch})
  endforeach()
  if(cccl)
    list(APPEND flags -isystem ${cccl})
  endif()
  get_target_property(type ${target} TYPE)
  if(type MATCHES "SHARED_LIBRARY|MODULE_LIBRARY")
    list(APPEND flags -fPIC)
  endif()
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  separate_arguments(by_type UNIX_COMMAND "${CMAKE_CXX_FLAGS_${build_type}}")
  if(NOT by_type)
    set(by_type -O2)
  endif()
  set(includes "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>" "$<TARGET_PROPERTY:tl::headers,INTERFACE_INCLUDE_DIRECTORIES>")
  set(definitions "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(path ${source} ABSOLUTE)
    string(SHA256 hash ${path})
    string(SUBSTRING ${hash} 0 8 hash)
    get_filename_component(name ${source} NAME)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/tl-cuda/${target}/${name}-${hash}.o)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tl-cuda/${target})
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${compiler} ${flags} ${by_type} ${arg_OPTIONS}
              "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>" "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>"
              -MD -MF ${object}.d -MT ${object} -c ${path} -o ${object}
      DEPENDS ${path} ${plugin} DEPFILE ${object}.d COMMAND_EXPAND_LISTS VERBATIM
      COMMENT "Building CUDA object ${name} of ${target} with the TL Autotune plugin")
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(${target} PRIVATE ${object})
  endforeach()

  find_library(TL_CUDART_STATIC cudart_static PATHS ${toolkit}/lib64 ${toolkit}/lib REQUIRED NO_DEFAULT_PATH)
  mark_as_advanced(TL_CUDART_STATIC)
  find_package(Threads REQUIRED)
  target_link_libraries(${target} PRIVATE tl::runtime ${TL_CUDART_STATIC} Threads::Threads ${CMAKE_DL_LIBS} rt)
  # Clang's objects need the C++ library, whatever language the target's other sources are of.
  set_property(TARGET ${target} PROPERTY LINKER_LANGUAGE CXX)
endfunction()
