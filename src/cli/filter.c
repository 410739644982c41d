#include "cli.h"
int run_filter(struct arguments *a) { return (void)a, EXIT_INPUT; }
