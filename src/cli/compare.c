#include "cli.h"
int run_compare(struct arguments *a) { return (void)a, EXIT_INPUT; }
