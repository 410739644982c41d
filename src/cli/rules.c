#include "cli.h"
int run_rules(struct arguments *a) { return (void)a, EXIT_INPUT; }
