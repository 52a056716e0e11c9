# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installation, and the package `tl` for find_package, from the installation and from the build tree.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tl)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(TARGETS tl_headers tlruntime tlruntime_static EXPORT tlTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(EXPORT tlTargets NAMESPACE tl:: DESTINATION ${package_dir} COMPONENT dev)

# One plugin per Clang major; several may be installed under one prefix, and the package takes the one
# that fits the compiler. That is why it is not part of the exported targets.
install(TARGETS tlplugin LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tl/clang-${TL_LLVM_MAJOR}
        COMPONENT plugin)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/tlConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
set(plugin_root ${CMAKE_INSTALL_FULL_LIBDIR}/tl)
configure_package_config_file(${PROJECT_SOURCE_DIR}/utils/cmake/tlConfig.cmake.in
  ${PROJECT_BINARY_DIR}/install/tlConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS plugin_root)
install(FILES ${PROJECT_BINARY_DIR}/install/tlConfig.cmake ${PROJECT_BINARY_DIR}/tlConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/utils/cmake/TlDependencies.cmake
              ${PROJECT_SOURCE_DIR}/utils/cmake/TlAutotune.cmake
              ${PROJECT_SOURCE_DIR}/utils/cmake/TlCuda.cmake
              ${PROJECT_SOURCE_DIR}/utils/cmake/TlHip.cmake
        DESTINATION ${package_dir} COMPONENT dev)

install(PROGRAMS ${PROJECT_SOURCE_DIR}/utils/hip-flags ${PROJECT_SOURCE_DIR}/utils/tl-drop-failed
                 ${PROJECT_SOURCE_DIR}/utils/tl-nvcc
        DESTINATION ${package_dir} COMPONENT dev)

# The build tree's own package: -Dtl_DIR=<build>/package.
set(tree ${PROJECT_BINARY_DIR}/package)
export(EXPORT tlTargets NAMESPACE tl:: FILE ${tree}/tlTargets.cmake)
file(MAKE_DIRECTORY ${tree}/tl)
file(CREATE_LINK ${PROJECT_BINARY_DIR}/lib ${tree}/tl/clang-${TL_LLVM_MAJOR} SYMBOLIC)
set(plugin_root ${tree}/tl)
configure_package_config_file(${PROJECT_SOURCE_DIR}/utils/cmake/tlConfig.cmake.in ${tree}/tlConfig.cmake
  INSTALL_PREFIX ${tree} INSTALL_DESTINATION ${tree} PATH_VARS plugin_root)
foreach(file hip-flags tl-drop-failed tl-nvcc)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/utils/${file} ${tree}/${file} SYMBOLIC)
endforeach()
foreach(file TlDependencies.cmake TlAutotune.cmake TlCuda.cmake TlHip.cmake)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/utils/cmake/${file} ${tree}/${file} SYMBOLIC)
endforeach()
file(COPY ${PROJECT_BINARY_DIR}/tlConfigVersion.cmake DESTINATION ${tree})
