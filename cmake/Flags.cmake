# Compiler flags. quarry_warnings is linked by our own code only, never by a dependency.
add_library(quarry_warnings INTERFACE)
# -Wrestrict: g++ 12 sees overlaps in std::string where there are none (GCC bug 105329).
target_compile_options(quarry_warnings INTERFACE -Wall -Wextra -Wpedantic $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(QUARRY_WERROR)
  target_compile_options(quarry_warnings INTERFACE -Werror)
endif()

if(QUARRY_SANITIZE)
  set(flags "-fsanitize=${QUARRY_SANITIZE} -fno-omit-frame-pointer -O1 -g1")
  if(QUARRY_SANITIZE MATCHES "undefined")
    # Not "vptr": it needs typeinfo of types that plugins hide on purpose.
    string(APPEND flags " -fno-sanitize-recover=undefined -fno-sanitize=vptr")
  endif()
  if(QUARRY_SANITIZE MATCHES "thread")
    string(APPEND flags " -Wno-tsan")
  endif()
  set(CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS} ${flags}")
  set(CMAKE_C_FLAGS "${CMAKE_C_FLAGS} ${flags}")
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

if(QUARRY_HARDENING)
  # Branches may only land where they are meant to: each processor has its own name for it.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64|i.86)$")
    add_compile_options(-fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  include(CheckPIESupported)
  check_pie_supported()
endif()

find_program(QUARRY_MOLD mold)
if(QUARRY_MOLD AND NOT QUARRY_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
