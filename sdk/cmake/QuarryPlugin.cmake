# quarry_add_plugin(NAME SOURCES a.cpp … [LIBRARIES lib …])
#
# Makes quarry-NAME.so (target quarry_plugin_NAME): one exported symbol, no undefined ones, nothing
# merged with other plugins. Works in this tree and, after find_package(quarry-sdk), outside it.

function(quarry_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "quarry_add_plugin(${name}): SOURCES is missing")
  endif()
  set(target quarry_plugin_${name})
  set(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME quarry-${name}
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS "${map}")
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(${target} PRIVATE quarry::sdk ${ARG_LIBRARIES})
  target_link_options(${target} PRIVATE "LINKER:--version-script=${map}")
  # A sanitised plugin takes the runtime's symbols from the host, so they are undefined at link time.
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  if(QUARRY_PLUGIN_OUTPUT_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${QUARRY_PLUGIN_OUTPUT_DIR}")
  endif()
endfunction()
