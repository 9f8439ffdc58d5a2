# What a plugin author gets, as the install component "sdk": headers, libraries, this folder's CMake files and the
# template. find_package(quarry-sdk) then works outside this tree.
include(CMakePackageConfigHelpers)

# The version is the SDK's own, not the project's: both change at their own pace.
file(STRINGS include/quarry/sdk/abi/plugin.hpp version_lines REGEX "kSdk(Major|Minor) = [0-9]+;")
list(TRANSFORM version_lines REPLACE ".*= ([0-9]+);.*" "\\1")
list(LENGTH version_lines version_parts)
if(NOT version_parts EQUAL 2)
  message(FATAL_ERROR "quarry/sdk/abi/plugin.hpp does not say kSdkMajor and kSdkMinor in one line each")
endif()
list(JOIN version_lines "." QUARRY_SDK_VERSION)
string(APPEND QUARRY_SDK_VERSION ".${PROJECT_VERSION_PATCH}")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/quarry-sdk")
configure_package_config_file(cmake/quarry-sdk-config.cmake.in quarry-sdk-config.cmake
  INSTALL_DESTINATION "${package_dir}")
# As the host does: while the major version is 0, an equal minor is asked for.
write_basic_package_version_file(quarry-sdk-config-version.cmake
  VERSION "${QUARRY_SDK_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/quarry-sdk-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/quarry-sdk-config-version.cmake"
  cmake/QuarryPlugin.cmake cmake/plugin.map
  DESTINATION "${package_dir}" COMPONENT sdk)

install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT sdk FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY template DESTINATION "${CMAKE_INSTALL_DATADIR}/quarry-sdk" COMPONENT sdk PATTERN build EXCLUDE)
install(TARGETS quarry_sdk EXPORT quarry-sdk-targets ARCHIVE COMPONENT sdk)
install(EXPORT quarry-sdk-targets NAMESPACE quarry:: DESTINATION "${package_dir}" COMPONENT sdk)
if(TARGET quarry_sdk_testing)
  set_target_properties(quarry_sdk_testing PROPERTIES EXPORT_NAME sdk_testing)
  install(TARGETS quarry_sdk_testing EXPORT quarry-sdk-testing-targets ARCHIVE COMPONENT sdk OPTIONAL)
  install(EXPORT quarry-sdk-testing-targets NAMESPACE quarry:: DESTINATION "${package_dir}" COMPONENT sdk)
endif()

# A sanitised SDK fits a sanitised plugin only, and the template is built as authors build it.
if(QUARRY_TESTS AND NOT QUARRY_SANITIZE)
  add_test(NAME sdk.template COMMAND "${CMAKE_COMMAND}"
    "-DBUILD=${CMAKE_BINARY_DIR}" "-DWORK=${CMAKE_BINARY_DIR}/tests/sdk-template" "-DGENERATOR=${CMAKE_GENERATOR}"
    "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DLAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}" "-DBUILD_TYPE=${CMAKE_BUILD_TYPE}"
    "-DQUARRY=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/quarry" "-DPAGE=${PROJECT_SOURCE_DIR}/docs/plugin-authors.md"
    -P "${CMAKE_CURRENT_SOURCE_DIR}/cmake/template_test.cmake")
  set_tests_properties(sdk.template PROPERTIES LABELS integration TIMEOUT 900)
endif()
