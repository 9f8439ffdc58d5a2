# quarry_add_tests(NAME FOLDER dir [LABEL unit] [LIBRARIES …]): one test program from all *_test.cpp
# of a folder, found by CTest test by test.
include(GoogleTest)

function(quarry_add_tests name)
  cmake_parse_arguments(ARG "" "FOLDER;LABEL;TIMEOUT" "LIBRARIES;SOURCES" ${ARGN})
  if(NOT QUARRY_TESTS)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FOLDER}/*_test.cpp")
  list(APPEND sources ${ARG_SOURCES})
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  # Test sources themselves gain nothing from optimisation, and cost half of a build with it.
  target_compile_options(${name}_test PRIVATE -O0 -g0 -U_FORTIFY_SOURCE)
  target_link_libraries(${name}_test PRIVATE ${ARG_LIBRARIES} quarry_warnings GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    QUARRY_PLUGIN_DIR="${QUARRY_PLUGIN_OUTPUT_DIR}" QUARRY_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
