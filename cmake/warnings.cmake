# Warnings are errors, everywhere, with every compiler that CI runs.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
                    -Wmissing-prototypes -Wvla -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
  add_compile_options(-Wno-enum-enum-conversion -Wno-enum-float-conversion) # constants are enumerators here
endif()
add_compile_options(-fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(PORTPROOF_SANITIZE)
  add_compile_options(-fsanitize=${PORTPROOF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PORTPROOF_SANITIZE})
endif()
if(PORTPROOF_ANALYZER) # gcc's; see tools/analyse
  add_compile_options(-fanalyzer -Wno-maybe-uninitialized) # a guess with -O1, that Release makes with all it knows
  # Here memory is stored behind two pointers, which version 12 takes for lost. clang's analyser and LeakSanitizer see that it is not.
  set_source_files_properties(src/assess/findings.c src/export/export.c PROPERTIES COMPILE_OPTIONS -Wno-analyzer-malloc-leak)
endif()
