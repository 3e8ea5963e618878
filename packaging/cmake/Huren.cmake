# The build rules that every folder shares: warnings, visibility, where things land.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(HUREN_CCACHE ccache)
if(HUREN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${HUREN_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
find_program(HUREN_MOLD mold)
if(HUREN_MOLD AND NOT HUREN_FUZZ)
  add_link_options(-fuse-ld=mold)
endif()

# Where an installation has the engine and the adapters, from its prefix.
include(GNUInstallDirs)
set(HUREN_MODULE_DIR "${CMAKE_INSTALL_LIBDIR}/huren")

find_package(Threads REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(nlohmann_json REQUIRED)
find_package(RapidJSON REQUIRED)

add_library(huren_flags INTERFACE)
target_compile_options(huren_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  -Wcast-qual -Werror $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast> $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(huren_flags INTERFACE -Wno-restrict)  # false alarms on std::string at -O3 (GCC bug 105651)
endif()
target_compile_definitions(huren_flags INTERFACE BOOST_DLL_USE_STD_FS)
target_link_libraries(huren_flags INTERFACE Threads::Threads)
if(HUREN_SANITIZE)
  target_compile_options(huren_flags INTERFACE -fsanitize=${HUREN_SANITIZE} -fno-sanitize-recover=undefined)
  target_link_options(huren_flags INTERFACE -fsanitize=${HUREN_SANITIZE})
endif()

# SQLite from its static archive, hidden inside every module: a host that exports its own SQLite symbols must not
# capture ours. Each module has its own copy, so a database file belongs to one module of a process.
add_library(huren_sqlite INTERFACE)
target_link_libraries(huren_sqlite INTERFACE "${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libsqlite3.a"
  Threads::Threads ${CMAKE_DL_LIBS} m)
target_link_options(huren_sqlite INTERFACE -Wl,--exclude-libs,libsqlite3.a)

# Zstandard, static and hidden for the same reason.
add_library(huren_zstd INTERFACE)
target_link_libraries(huren_zstd INTERFACE "${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libzstd.a")
target_link_options(huren_zstd INTERFACE -Wl,--exclude-libs,libzstd.a)

# huren_library(name DEPS a b EXCEPT file.cpp): a static library of all .cpp files in this folder.
function(huren_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;EXCEPT" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  foreach(file IN LISTS ARG_EXCEPT)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}/plugin" "${CMAKE_SOURCE_DIR}/plugin/include")
    target_link_libraries(${name} PUBLIC huren_flags nlohmann_json::nlohmann_json ${ARG_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE "${CMAKE_SOURCE_DIR}/plugin" "${CMAKE_SOURCE_DIR}/plugin/include")
    target_link_libraries(${name} INTERFACE huren_flags nlohmann_json::nlohmann_json ${ARG_DEPS})
  endif()
endfunction()

# huren_embed(target symbol file...): the files' text, compiled in, found by name:
#   namespace huren::embedded { std::span<const File> symbol(); }   // see core/base/embedded.hpp
function(huren_embed target symbol)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp")
  add_custom_command(OUTPUT "${out}"
    COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/packaging/tools/embed.py" "${symbol}" "${out}" ${ARGN}
    DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/packaging/tools/embed.py" VERBATIM)
  target_sources(${target} PRIVATE "${out}")
endfunction()

# huren_adapter(id DEPS a b): e.g. partner-mllp: a loadable module lib/huren-partner-mllp.so and the same
# code as a static library adapter_partner_mllp for the tests. module.cpp goes into the module alone: it defines the
# exported huren_adapter_entry, so that two adapters link into one test program without a clash.
function(huren_adapter id)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  string(REPLACE "-" "_" flat "${id}")
  huren_library(adapter_${flat} DEPS ${ARG_DEPS} EXCEPT module.cpp)
  get_target_property(type adapter_${flat} TYPE)
  if(type STREQUAL "STATIC_LIBRARY" AND EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/module.cpp")
    add_library(huren-${id} MODULE module.cpp)
    set_target_properties(huren-${id} PROPERTIES PREFIX "")
    set_property(GLOBAL APPEND PROPERTY HUREN_ADAPTERS huren-${id})
    target_link_libraries(huren-${id} PRIVATE -Wl,--whole-archive adapter_${flat} -Wl,--no-whole-archive huren_flags)
    target_link_options(huren-${id} PRIVATE -Wl,-z,nodelete -Wl,--no-undefined
      "-Wl,--version-script=${CMAKE_SOURCE_DIR}/packaging/cmake/adapter.map")
    if(HUREN_SANITIZE)
      target_link_options(huren-${id} PRIVATE -Wl,--undefined-version)
    endif()
  endif()
endfunction()

# huren_tests(name LABEL l DEPS a b): one Catch2 program of all .cpp files in this folder.
function(huren_tests name)
  cmake_parse_arguments(ARG "" "LABEL" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(sources)
    add_executable(${name} ${sources})
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_compile_definitions(${name} PRIVATE HUREN_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      HUREN_BINARY_DIR="${CMAKE_BINARY_DIR}")
    target_link_libraries(${name} PRIVATE huren_flags Catch2::Catch2WithMain ${ARG_DEPS})
    # NoTests: a name that Catch or CMake cuts apart (a semicolon in it) must not pass because nothing matched.
    catch_discover_tests(${name} TEST_PREFIX "${ARG_LABEL}: " EXTRA_ARGS -w NoTests PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 300
      DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()

# huren_python_tests(file LABEL l): each test method of a unittest program by its own name.
function(huren_python_tests file)
  cmake_parse_arguments(ARG "" "LABEL" "" ${ARGN})
  set(path "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  file(STRINGS "${path}" lines REGEX "^class |^    def test_")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
  foreach(line IN LISTS lines)
    if(line MATCHES "^class ([A-Za-z]+)")
      set(class ${CMAKE_MATCH_1})
    elseif(line MATCHES "def test_([a-z0-9_]+)")
      set(method ${CMAKE_MATCH_1})
      string(REPLACE "_" " " words "${method}")
      set(name "${ARG_LABEL}: ${words}")
      add_test(NAME "${name}" COMMAND Python3::Interpreter -B "${path}" ${class}.test_${method})
      set_tests_properties("${name}" PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300
        ENVIRONMENT "HUREN_BINARY_DIR=${CMAKE_BINARY_DIR}")
    endif()
  endforeach()
endfunction()
