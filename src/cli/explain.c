#include "cli.h"
int run_explain(struct arguments *a) { return (void)a, EXIT_INPUT; }
