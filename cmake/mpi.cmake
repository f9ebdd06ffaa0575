# The module that `sinter explore --mpi` loads. The command itself is not linked with MPI: it runs where there is none.
# SPDX-License-Identifier: MIT

set(mpi_module_folder ${CMAKE_INSTALL_LIBDIR}/sinter)
set(has_mpi FALSE)
# Nothing of Open MPI knows of ThreadSanitizer, which then sees races.
if(SINTER_MPI STREQUAL "AUTO" AND NOT SINTER_SANITIZE MATCHES "thread")
    find_package(MPI QUIET COMPONENTS C)
    set(has_mpi ${MPI_C_FOUND})
elseif(SINTER_MPI AND NOT SINTER_MPI STREQUAL "AUTO")
    find_package(MPI REQUIRED COMPONENTS C)
    set(has_mpi TRUE)
endif()

if(has_mpi)
    add_library(sinter_mpi MODULE src/cli/mpi/mpi_module.c)
    target_include_directories(sinter_mpi PRIVATE include src)
    target_link_libraries(sinter_mpi PRIVATE MPI::MPI_C)
    set_target_properties(sinter_mpi PROPERTIES PREFIX "")
    # Where it is, from the folder of the command.
    file(RELATIVE_PATH from_command /${CMAKE_INSTALL_BINDIR} /${mpi_module_folder})
    target_compile_definitions(sinter PRIVATE SINTER_MPI_FOLDER="${from_command}")
    add_dependencies(sinter sinter_mpi)
else()
    add_custom_target(sinter_mpi) # so that all builds have one of that name
endif()
