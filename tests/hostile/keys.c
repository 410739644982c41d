/* Loaded before the C library: the system's random bytes are all $KEY_BYTE, or there are none ("none"); each time it is asked, it says so.
 * tests/hostile/keys compares what is reported with each. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getentropy(void *buffer, size_t size)
{
    const char *byte = getenv("KEY_BYTE");
    fputs("asked for a key\n", stderr);
    if (!byte || strcmp(byte, "none") == 0) return errno = ENOSYS, -1;
    memset(buffer, atoi(byte), size);
    return 0;
}
