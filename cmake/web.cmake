# Bundles web/ into the script and the style of HTML pages and figures, and embeds them (src/page/frame.h).
# SPDX-License-Identifier: MIT
#
# What the bundle is made of is installed by npm, as web/package-lock.json says, when CMake configures: where that fails the
# build goes on without pages. Nothing is written into web/.

set(web_folder ${PROJECT_BINARY_DIR}/web)
set(page_list "")
set(has_pages FALSE)
if(NOT SINTER_PAGES STREQUAL "OFF")
    find_program(NODE node)
    find_program(NPM npm)
    mark_as_advanced(NODE NPM)
    set(lock ${PROJECT_SOURCE_DIR}/web/package-lock.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lock})
    file(SHA256 ${lock} wanted)
    set(installed "")
    if(EXISTS ${web_folder}/installed)
        file(READ ${web_folder}/installed installed)
    endif()
    if(NODE AND NPM AND NOT installed STREQUAL wanted)
        message(NOTICE "installing the parts of HTML pages with npm")
        file(COPY ${PROJECT_SOURCE_DIR}/web/package.json ${lock} DESTINATION ${web_folder})
        execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
                        WORKING_DIRECTORY ${web_folder} RESULT_VARIABLE npm_result OUTPUT_QUIET ERROR_VARIABLE npm_errors)
        if(npm_result EQUAL 0)
            file(WRITE ${web_folder}/installed ${wanted})
            set(installed ${wanted})
        else()
            message(NOTICE "npm could not install them:\n${npm_errors}")
        endif()
    endif()
    if(NODE AND installed STREQUAL wanted)
        set(has_pages TRUE)
    elseif(SINTER_PAGES STREQUAL "AUTO")
        message(NOTICE "building without HTML pages: they need Node.js and npm")
    else()
        message(FATAL_ERROR "HTML pages need Node.js, npm and the parts that npm installs")
    endif()
endif()

if(has_pages)
    file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/*.js ${PROJECT_SOURCE_DIR}/web/*.mjs
                                                    ${PROJECT_SOURCE_DIR}/web/*.css)
    list(FILTER web_sources EXCLUDE REGEX "/node_modules/")
    set(page_list page.css page.js figures.js)
    list(TRANSFORM page_list PREPEND ${web_folder}/bundle/ OUTPUT_VARIABLE bundles)
    add_custom_command(OUTPUT ${bundles}
        COMMAND ${NODE} ${PROJECT_SOURCE_DIR}/web/bundle.mjs ${web_folder}
        DEPENDS ${web_sources} ${web_folder}/installed
        COMMENT "Bundling HTML pages" VERBATIM)
endif()
embed_files(page ${web_folder}/bundle ${PROJECT_BINARY_DIR}/generated/page.c ${page_list})
