# Warnings are errors, everywhere, with every compiler that CI runs.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
                    -Wmissing-prototypes -Wvla -Werror)
add_compile_options(-fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(PORTPROOF_SANITIZE)
  add_compile_options(-fsanitize=${PORTPROOF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PORTPROOF_SANITIZE})
endif()
