# add_stage(flow)                               a stage that uses only base and the public value headers
# add_stage(assess USES spec site flow)         ... and what these stages offer
# add_stage(capture LIBRARIES PkgConfig::PCAP)  ... and a library that no other stage may name
#
# A stage is an object library whose include path holds only what it may use, so a wrong arrow does not compile.
# tests/check-stages proves it, for libraries too (whose headers stand in /usr/include for everybody).
set(PORTPROOF_STAGES "")
file(WRITE ${PROJECT_BINARY_DIR}/stages.txt "") # for tests/check-stages: each stage with the stages it uses

function(add_stage name)
  cmake_parse_arguments(STAGE "" "" "USES;LIBRARIES;EMBED" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
  foreach(symbol IN LISTS STAGE_EMBED)
    list(APPEND sources ${PROJECT_BINARY_DIR}/embedded/${symbol}.c)
  endforeach()
  add_library(stage_${name} OBJECT ${sources})
  target_include_directories(stage_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  foreach(used IN ITEMS base ${name} ${STAGE_USES})
    target_include_directories(stage_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/${used})
  endforeach()
  target_link_libraries(stage_${name} PRIVATE ${STAGE_LIBRARIES})
  set_target_properties(stage_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  string(REPLACE ";" " " uses "${name};${STAGE_USES}")
  file(APPEND ${PROJECT_BINARY_DIR}/stages.txt "${uses}\n")
  set(PORTPROOF_STAGES ${PORTPROOF_STAGES} ${name} PARENT_SCOPE)
  set_property(GLOBAL APPEND PROPERTY PORTPROOF_LIBRARIES ${STAGE_LIBRARIES})
endfunction()

# libportproof: all the stages and the audit, which wires them.
function(add_portproof_library)
  add_library(portproof STATIC ${PROJECT_SOURCE_DIR}/src/audit.c ${PROJECT_SOURCE_DIR}/src/audit_live.c
              ${PROJECT_SOURCE_DIR}/src/audit_service.c)
  target_include_directories(portproof PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
                             PRIVATE ${PROJECT_SOURCE_DIR}/src/base)
  foreach(stage IN LISTS PORTPROOF_STAGES)
    target_sources(portproof PRIVATE $<TARGET_OBJECTS:stage_${stage}>)
  endforeach()
  get_property(libraries GLOBAL PROPERTY PORTPROOF_LIBRARIES)
  list(REMOVE_DUPLICATES libraries)
  target_link_libraries(portproof PRIVATE ${libraries} Threads::Threads)
endfunction()
