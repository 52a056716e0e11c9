# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Builds and runs the consumer project against the package:
#
#   cmake -DMODE=installed|tree|gcc -DTL_BINARY_DIR=... -DWORK=... -DCXX=... -P run.cmake
#
# installed  the package of an installation; also: a newer plugin rebuilds the objects, with Makefiles
#            and CMake's own dependency scanner too
# tree       the package of the build tree
# gcc        the installed package, with a compiler that has no plugin: untuned, and still right

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    string(JOIN " " command ${ARGV})
    message(FATAL_ERROR "${command}\nexited with ${code}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_match text pattern)
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "expected a match of '${pattern}' in:\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
if(MODE STREQUAL "tree")
  set(package ${TL_BINARY_DIR}/package)
else()
  run(${CMAKE_COMMAND} --install ${TL_BINARY_DIR} --prefix ${WORK}/prefix)
  file(GLOB_RECURSE package ${WORK}/prefix/tlConfig.cmake)
  get_filename_component(package ${package} DIRECTORY)
endif()

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G Ninja -Dtl_DIR=${package}
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_EXE_LINKER_FLAGS=${FLAGS}")
if(MODE STREQUAL "gcc")
  expect_match("${output}" "built untuned")
  expect_match("${output}" "compiled in one part")
endif()
run(${CMAKE_COMMAND} --build ${WORK}/build)
if(NOT MODE STREQUAL "gcc")
  # In one piece both are missing there, in three parts each is missing in its own.
  foreach(left_out "2 of 4 variants of 'fill' did not compile and are left out: 'step=2', 'step=4'"
                   "1 of 4 variants of 'fill' did not compile and is left out: 'step=2'"
                   "1 of 4 variants of 'fill' did not compile and is left out: 'step=4'")
    expect_match("${output}" "failing.cpp:[0-9:]*: warning: ${left_out}")
  endforeach()
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build --target not_dropped
                  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  expect_match("${output}" "error: static assertion failed.*step 2 is not supported")
  if(code EQUAL 0)
    message(FATAL_ERROR "a variant that does not compile was no error:\n${output}")
  endif()
endif()

# One object for each part, each with its share of the variants.
file(GLOB_RECURSE objects ${WORK}/build/CMakeFiles/tuned_shards.dir/*.o)
list(LENGTH objects parts)
if(MODE STREQUAL "gcc")
  set(expected 1)
else()
  set(expected 3)
endif()
if(NOT parts EQUAL expected)
  message(FATAL_ERROR "expected ${expected} objects of tuned_shards, found ${parts}: ${objects}")
endif()

foreach(program tuned tuned_static tuned_shards dropped_1 dropped_3)
  set(ENV{TL_CACHE_DIR} ${WORK}/cache-${program})
  file(MAKE_DIRECTORY $ENV{TL_CACHE_DIR})
  run(${WORK}/build/${program})
  expect_match("${output}" "right")
  set(database $ENV{TL_CACHE_DIR}/autotune.db)
  if(MODE STREQUAL "gcc")
    if(EXISTS ${database})
      message(FATAL_ERROR "an untuned program wrote ${database}")
    endif()
    continue()
  endif()
  # The second run finds the winner and tries nothing.
  set(look ${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/../utils/database.py sql)
  if(program MATCHES "dropped")
    run(${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/../utils/database.py trials)
    expect_match("${output}" "step=2.infeasible.did not compile and was left out: static assertion failed.*step 2 is not supported")
    expect_match("${output}" "step=3.measured")
    expect_match("${output}" "step=4.infeasible.did not compile and was left out: .*no_such_instruction")
  endif()
  run(${look} "select count(*) from trials")
  set(trials "${output}")
  expect_match("${trials}" "^[1-9]")
  set(ENV{TL_TUNE} require)
  run(${WORK}/build/${program})
  unset(ENV{TL_TUNE})
  run(${look} "select count(*) from trials")
  if(NOT output STREQUAL trials)
    message(FATAL_ERROR "${trials} trials after the first run, ${output} after the second")
  endif()
endforeach()

if(MODE STREQUAL "installed")
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  expect_match("${output}" "no work to do")
  file(GLOB_RECURSE plugin ${WORK}/prefix/libtlplugin.so)
  file(TOUCH ${plugin})
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  expect_match("${output}" "main.cpp.o")

  set(make ${WORK}/make)
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${make} -G "Unix Makefiles" -Dtl_DIR=${package}
      -DCMAKE_DEPENDS_USE_COMPILER=OFF -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=${FLAGS}"
      "-DCMAKE_EXE_LINKER_FLAGS=${FLAGS}")
  run(${CMAKE_COMMAND} --build ${make} --target tuned dropped_1)
  expect_match("${output}" "2 of 4 variants of 'fill'")
  file(TOUCH ${plugin})
  run(${CMAKE_COMMAND} --build ${make} --target tuned)
  expect_match("${output}" "main.cpp.o")
endif()
