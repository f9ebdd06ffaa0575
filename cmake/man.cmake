# Manual pages: docs/man/NAME.SECTION.scd and what the command says of itself, made into roff by scdoc where it is installed.
# SPDX-License-Identifier: MIT

find_program(SCDOC scdoc)
mark_as_advanced(SCDOC)
set(man_pages "")
if(SCDOC AND TARGET sinter AND NOT CMAKE_CROSSCOMPILING)
    file(GLOB man_sources CONFIGURE_DEPENDS docs/man/*.scd)
    set(man_script ${PROJECT_SOURCE_DIR}/scripts/man_page.sh)
    foreach(source IN LISTS man_sources)
        cmake_path(GET source STEM LAST_ONLY page)
        set(output ${PROJECT_BINARY_DIR}/man/${page})
        add_custom_command(OUTPUT ${output}
            COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
            COMMAND bash ${man_script} $<TARGET_FILE:sinter> ${source} > ${output}.new
            COMMAND ${CMAKE_COMMAND} -E rename ${output}.new ${output}
            DEPENDS ${source} ${man_script} sinter
            COMMENT "Making the manual page ${page}" VERBATIM)
        list(APPEND man_pages ${output})
    endforeach()
endif()
add_custom_target(man ALL DEPENDS ${man_pages}) # so that all builds have one of that name
