# Tests: one program per tests/test_*.c, one replay per tests/fuzz_*.c, one script per tests/check_*.sh.
# SPDX-License-Identifier: MIT
#
# Every other tests/*.c file is a helper that each test may use. Tests run in the repository's root.

find_package(cmocka QUIET)
file(GLOB test_sources CONFIGURE_DEPENDS tests/test_*.c)
file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz_*.c)
file(GLOB check_scripts CONFIGURE_DEPENDS tests/check_*.sh)
file(GLOB helper_sources CONFIGURE_DEPENDS tests/*.c)
list(FILTER helper_sources EXCLUDE REGEX "/(test|fuzz)_[^/]*$")
list(FILTER fuzz_sources EXCLUDE REGEX "/fuzz_replay\\.c$")

set(test_environment "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
                     "UBSAN_OPTIONS=print_stacktrace=1" "TSAN_OPTIONS=halt_on_error=1")

function(sinter_test name)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${test_environment}" TIMEOUT 600)
endfunction()

function(sinter_test_program target source)
    add_executable(${target} ${source} ${ARGN})
    target_include_directories(${target} PRIVATE include src tests)
    if(TARGET test_support)
        target_link_libraries(${target} PRIVATE test_support)
    endif()
    target_link_libraries(${target} PRIVATE sinter_static PkgConfig::JANSSON m)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endfunction()

if(cmocka_FOUND)
    if(helper_sources)
        # A library, not objects: a test takes only the helpers that it names.
        add_library(test_support STATIC ${helper_sources})
        target_include_directories(test_support PRIVATE include src tests)
        target_link_libraries(test_support PUBLIC sinter_static PkgConfig::JANSSON ${CMOCKA_LIBRARIES})
    endif()
    foreach(source IN LISTS test_sources)
        cmake_path(GET source STEM name)
        sinter_test_program(${name} ${source})
        target_link_libraries(${name} PRIVATE ${CMOCKA_LIBRARIES})
        string(REGEX REPLACE "^test_" "" label ${name})
        sinter_test(${label} ${name})
    endforeach()
else()
    message(STATUS "cmocka not found: the tests in C are not built")
endif()

foreach(source IN LISTS fuzz_sources)
    cmake_path(GET source STEM name)
    string(REGEX REPLACE "^fuzz_" "" topic ${name})
    if(SINTER_FUZZ)
        sinter_test_program(${name} ${source})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        sinter_test_program(${name} ${source} tests/fuzz_replay.c)
        sinter_test(${name} ${name} tests/corpus/${topic})
    endif()
endforeach()

# The pages show what the examples print: check_docs runs those that stand beside the command.
file(GLOB example_sources CONFIGURE_DEPENDS examples/*.c)
foreach(source IN LISTS example_sources)
    cmake_path(GET source STEM name)
    add_executable(example_${name} ${source})
    target_link_libraries(example_${name} PRIVATE sinter_static)
    set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
                                                     RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
endforeach()

# What a browser makes of a page, and what documents show, is the same whatever checks the command.
if(SINTER_SANITIZE)
    list(FILTER check_scripts EXCLUDE REGEX "/check_(pages|docs)\\.sh$")
endif()
foreach(script IN LISTS check_scripts)
    cmake_path(GET script STEM name)
    sinter_test(${name} bash ${script})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77) # what it needs is not installed
    if(TARGET sinter)
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "SINTER=$<TARGET_FILE:sinter>")
    endif()
endforeach()

# A few points of the comparison of the search with every named strategy; the checked builds have tests/test_rivals.c.
if(SINTER_BENCH AND NOT SINTER_SANITIZE)
    sinter_test(grid_slice bench_grid)
endif()

# The longest begin first, so that no processor waits for them in the end.
foreach(name check_pages check_cli strategies rivals optimal fusion page_explored)
    if(TEST ${name})
        set_tests_properties(${name} PROPERTIES COST 1000)
    endif()
endforeach()
