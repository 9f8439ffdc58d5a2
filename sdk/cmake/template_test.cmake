# Installs the SDK into an empty folder and builds the installed template against that alone, as an author does;
# runs the template's tests, and `quarry plugin check` on what came out, which must say what PAGE shows.
#
#   cmake -DBUILD=… -DWORK=… -DGENERATOR=… -DCOMPILER=… -DLAUNCHER=… -DBUILD_TYPE=… -DQUARRY=… -DPAGE=… -P template_test.cmake

function(run what)
  message(STATUS "${what}")
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${what}: failed (${code})\n${out}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/prefix")
run("install the SDK" "${CMAKE_COMMAND}" --install "${BUILD}" --component sdk --prefix "${prefix}")

# Copied, so that no path of the template can lead back into the tree.
file(COPY "${prefix}/share/quarry-sdk/template" DESTINATION "${WORK}/elsewhere")
set(build "${WORK}/elsewhere/build")
run("configure the template" "${CMAKE_COMMAND}" -S "${WORK}/elsewhere/template" -B "${build}" -G "${GENERATOR}"
  "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
file(STRINGS "${build}/CMakeCache.txt" found REGEX "^quarry-sdk_DIR:")
if(NOT found MATCHES "=${prefix}/")
  message(FATAL_ERROR "the template found another SDK than the one installed: ${found}")
endif()
run("build the template" "${CMAKE_COMMAND}" --build "${build}")
run("test the template" "${CMAKE_CTEST_COMMAND}" --test-dir "${build}" --output-on-failure --no-tests=error)
message("${output}")

if(EXISTS "${QUARRY}")
  run("quarry plugin check" "${QUARRY}" plugin check "${build}/quarry-transmission.so")
  message("${output}")
  file(READ "${PAGE}" page)
  string(FIND "${page}" "${output}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${PAGE} shows another answer of quarry plugin check than this one")
  endif()
else()
  message(STATUS "quarry plugin check: left out, ${QUARRY} is not built")
endif()
