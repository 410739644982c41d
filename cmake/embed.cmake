# embed_text(symbol FILE): `const char symbol[]` (with a final NUL) and `const size_t symbol_size`, made at build time.
function(embed_text symbol file)
  set(input ${PROJECT_SOURCE_DIR}/${file})
  set(output ${PROJECT_BINARY_DIR}/embedded/${symbol}.c)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DSYMBOL=${symbol} -P ${PROJECT_SOURCE_DIR}/cmake/embed-script.cmake
    DEPENDS ${input} ${PROJECT_SOURCE_DIR}/cmake/embed-script.cmake
    COMMENT "Embedding ${file}" VERBATIM)
endfunction()
