# Compiler flags, ccache, linker. One place, so that every target is built the same way (precompiled headers need that).
add_library(crosstie_options INTERFACE)
target_include_directories(crosstie_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(crosstie_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(crosstie_options INTERFACE -fcoroutines)
  # GCC 12 reports these inside std::string, std::variant and Asio at -O1 and above, where nothing is wrong.
  target_compile_options(crosstie_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer
    -Wno-use-after-free -Wno-mismatched-new-delete -Wno-nonnull -Wno-tsan)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(crosstie_options INTERFACE -Wno-stringop-overread)
  endif()
endif()
target_compile_definitions(crosstie_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)

if(CROSSTIE_SANITIZE)
  target_compile_options(crosstie_options INTERFACE -fsanitize=${CROSSTIE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(crosstie_options INTERFACE -fsanitize=${CROSSTIE_SANITIZE})
endif()

find_program(CROSSTIE_CCACHE ccache)
if(CROSSTIE_CCACHE)
  # Precompiled headers are only cached with these two relaxations (ccache manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CROSSTIE_CCACHE})
endif()
find_program(CROSSTIE_MOLD mold)
if(CROSSTIE_MOLD)
  target_link_options(crosstie_options INTERFACE -fuse-ld=mold)
endif()

# crosstie_target(NAME PCH FOLDER...): a static library of every .cpp of the folders (not below them).
function(crosstie_target name pch)
  set(sources)
  foreach(folder IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp)
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC crosstie_options)
  target_precompile_headers(${name} REUSE_FROM ${pch})
endfunction()
