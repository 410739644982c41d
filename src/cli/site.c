#include "cli.h"
int run_site(struct arguments *a) { return (void)a, EXIT_INPUT; }
