# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# tl.pc for headers and runtime, tl-clang-<major>.pc, which adds the plugin, and tl-cuda.pc, which adds
# a toolkit. Paths are relative to the file, so that an installation can be moved.

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_includedir /prefix/${pc_dir} /prefix/${CMAKE_INSTALL_INCLUDEDIR})
get_target_property(pc_sqlite tl::sqlite3_archive INTERFACE_LINK_LIBRARIES)
set(pc_private "-pthread -ldl -lm")
if(pc_sqlite STREQUAL "SQLite::SQLite3")
  string(PREPEND pc_private "-lsqlite3 ")
else()
  string(PREPEND pc_private "-l:libsqlite3.a ")
endif()

foreach(name tl tl-clang tl-cuda)
  set(file ${name}.pc)
  if(name STREQUAL "tl-clang")
    set(file tl-clang-${TL_LLVM_MAJOR}.pc)
    set(component plugin)
  else()
    set(component dev)
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/utils/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/install/${file} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/install/${file} DESTINATION ${pc_dir} COMPONENT ${component})
endforeach()
