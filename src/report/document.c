#include "document.h"

#include "digest.h"

extern const char pp_report_css[], pp_report_js[];
extern const size_t pp_report_css_size, pp_report_js_size;

const char *tone_name(enum tone tone)
{
    static const char *const names[TONE_COUNT] = {[TONE_BAD] = "bad", [TONE_WARN] = "warn", [TONE_GOOD] = "good", [TONE_IDLE] = "idle"};
    return names[tone];
}

void begin_document(struct text *out)
{
    char style[DIGEST_BASE64_SIZE], script[DIGEST_BASE64_SIZE];
    sha256_base64(pp_report_css, pp_report_css_size, style);
    sha256_base64(pp_report_js, pp_report_js_size, script);
    text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    text_printf(out,
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; script-src "
                "'sha256-%s'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
                style, script);
    text_add(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
                  "dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
}

void begin_body(struct text *out)
{
    text_add(out, "</title>\n<style>");
    text_add_bytes(out, pp_report_css, pp_report_css_size);
    text_add(out, "</style>\n</head>\n<body>\n");
}

void end_document(struct text *out)
{
    text_add(out, "<script>");
    text_add_bytes(out, pp_report_js, pp_report_js_size);
    text_add(out, "</script>\n</body>\n</html>\n");
}

void add_controls(struct text *out, bool findings)
{
    static const char *const lists[][2] = {{"kind", "Kind"}, {"host", "Host"}, {"row", "Row"}};
    text_add(out, "<form id=\"controls\" role=\"search\" aria-label=\"Find in this report\" hidden>\n<label>Find <input type=\"search\" "
                  "name=\"find\" placeholder=\"host, port, reason …\" autocomplete=\"off\"></label>\n");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        text_printf(out, "<label>%s <select name=\"%s\" autocomplete=\"off\"><option value=\"\">any</option></select></label>\n",
                    lists[i][1], lists[i][0]);
    if (findings)
        text_add(out, "<label>Findings by <select name=\"order\" autocomplete=\"off\"><option value=\"\">severity</option><option "
                      "value=\"first\">first time</option><option value=\"host\">host</option><option value=\"row\">row</option><option "
                      "value=\"packets\">packets</option></select></label>\n");
    text_add(out, "<button type=\"reset\">Show all</button>\n<output id=\"shown\"></output>\n</form>\n");
    if (findings)
        text_add(out,
                 "<section id=\"ordered\" hidden>\n<h2></h2>\n<p class=\"note\">Not every finding is on this page: --all puts every one "
                 "there.</p>\n<div class=\"findings\"></div>\n</section>\n");
}
