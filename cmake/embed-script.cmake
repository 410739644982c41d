# Run by embed_text at build time: INPUT → OUTPUT as a C array named SYMBOL.
file(READ ${INPUT} bytes HEX)
file(SIZE ${INPUT} size)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "B(0x\\1)," bytes "${bytes}") # B: bytes above 127 do not fit a plain char
file(WRITE ${OUTPUT} "#include <stddef.h>\nextern const char ${SYMBOL}[];\nextern const size_t ${SYMBOL}_size;\n"
  "#define B(x) (char)(x)\nconst char ${SYMBOL}[] = {\n${bytes}0};\nconst size_t ${SYMBOL}_size = ${size};\n")
