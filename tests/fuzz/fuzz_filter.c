/* Any text as a filter expression: taken, or refused with one harmless line. One that is taken passes or refuses packets of a capture, and
 * refuses and passes all of them in the end. (libpcap itself is not instrumented.) */
#include "output.h"
#include "portproof/capture.h"

/* Two packets: 10.0.0.1:40000 → 10.0.0.2:22/tcp, and one of three bytes. */
static const uint8_t CAPTURE[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0,    4,    0, 0,    0,  0, 0,  0, 0,  0,    0, 0xff, 0xff, 0, 0, 1,  0, 0,
                                  0,    1,    0,    0,    0, 0,    0,    0, 0,    54, 0, 0,  0, 54, 0,    0, 0,    2,    0, 0, 0,  0, 1,
                                  2,    0,    0,    0,    0, 2,    8,    0, 0x45, 0,  0, 40, 0, 0,  0x40, 0, 64,   6,    0, 0, 10, 0, 0,
                                  1,    10,   0,    0,    2, 0x9c, 0x40, 0, 22,   0,  0, 0,  1, 0,  0,    0, 0,    0x50, 2, 1, 0,  0, 0,
                                  0,    0,    2,    0,    0, 0,    0,    0, 0,    0,  3, 0,  0, 0,  60,   0, 0,    0,    1, 2, 3};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { EXPRESSION_MOST = 200 };
    char expression[EXPRESSION_MOST + 1];
    struct pp_error error = {.text = ""};
    struct pp_frame frames[4];
    if (size > EXPRESSION_MOST) return 0;
    if (size) memcpy(expression, bytes, size);
    expression[size] = '\0';
    if (!pp_capture_check_filter(expression, &error)) {
        must(error.text[0] && is_harmless(error.text, strlen(error.text), ""));
        return 0;
    }
    const struct pp_capture_options options = {.filter = expression};
    struct pp_capture *capture = pp_capture_open_memory("fuzz", CAPTURE, sizeof CAPTURE, &options);
    size_t passed = 0;
    for (size_t n; capture && (n = pp_capture_next(capture, frames, 4)) > 0;) passed += n;
    must(capture);
    if (capture) {
        const struct pp_capture_info *info = pp_capture_info(capture);
        must(!info->failed && info->packets == 2 && info->filtered + passed == 2);
    }
    pp_capture_close(capture);
    return 0;
}
