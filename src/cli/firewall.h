#ifndef CLI_FIREWALL_H
#define CLI_FIREWALL_H

#include "cli.h"

/** Whether --format names one of a firewall; NULL does not. */
bool is_firewall_format(const char *format);
/** What may pass by rules and the site of --site, in the format of --format. false: a message was printed. */
bool export_firewall(const struct arguments *arguments, const struct pp_spec *spec);

#endif
