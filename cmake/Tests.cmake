# quarry_add_tests(NAME FOLDER dir [LABEL unit] [LIBRARIES …] [POSTGRES] [WHOLE]): one test program from all *_test.cpp
# of a folder, found by CTest test by test. POSTGRES: CTest starts a PostgreSQL for it (tests/lab/postgres_url.hpp). WHOLE:
# the program is one test, since what it prepares is for all of its tests.
include(GoogleTest)

# What a test that needs PostgreSQL has for properties; the setup and the clean-up are in tests/lab.
set(QUARRY_POSTGRES_FOLDER "${CMAKE_BINARY_DIR}/postgres")
set(QUARRY_POSTGRES_PROPERTIES FIXTURES_REQUIRED postgres ENVIRONMENT "QUARRY_TEST_POSTGRES=${QUARRY_POSTGRES_FOLDER}/url")

function(quarry_add_tests name)
  cmake_parse_arguments(ARG "POSTGRES;WHOLE" "FOLDER;LABEL;TIMEOUT" "LIBRARIES;SOURCES" ${ARGN})
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
  set(properties LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
  if(ARG_POSTGRES)
    list(APPEND properties ${QUARRY_POSTGRES_PROPERTIES})
    target_include_directories(${name}_test PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  endif()
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES ${properties})
    return()
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
    PROPERTIES ${properties})
endfunction()

# quarry_add_pooler_tests(NAME FILTER filter [LABEL unit] [TIMEOUT seconds]): those tests of quarry_add_tests(NAME … POSTGRES)
# that FILTER names (as GoogleTest does) once more through PgBouncer, as NAME_pooler.…
function(quarry_add_pooler_tests name)
  cmake_parse_arguments(ARG "" "FILTER;LABEL;TIMEOUT" "" ${ARGN})
  if(NOT QUARRY_TESTS)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}_pooler." TEST_FILTER "${ARG_FILTER}" DISCOVERY_MODE PRE_TEST
    PROPERTIES FIXTURES_REQUIRED postgres ENVIRONMENT "QUARRY_TEST_POSTGRES=${QUARRY_POSTGRES_FOLDER}/pooler"
    LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
