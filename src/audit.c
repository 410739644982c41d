/* The order of the whole, on one page. */
#include "portproof/base.h"
extern const int pp_audit_placeholder;
const int pp_audit_placeholder = 0;
