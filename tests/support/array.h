/* Hosts of a small array, to write site files with. */
#ifndef SUPPORT_ARRAY_H
#define SUPPORT_ARRAY_H

#define T1 "  - {name: t1, address: 10.0.1.10, roles: [tarantella-server, web-server]}\n"
#define T2 "  - {name: t2, address: 10.0.1.11, roles: [tarantella-server, web-server]}\n"
#define T3 "  - {name: t3, address: 10.0.1.12, roles: [tarantella-server, web-server]}\n"
#define P1 "  - {name: t1, address: 10.0.1.10, roles: [tarantella-server, web-server], primary: true}\n"
#define A1 "  - {name: a1, address: 10.0.2.1, roles: application-server}\n"
#define A2 "  - {name: a2, address: 10.0.2.2, roles: application-server}\n"
#define L1 "  - {name: l1, address: 10.0.3.1, roles: ldap-server}\n"
#define L2 "  - {name: l2, address: 10.0.3.2, roles: ldap-server}\n"
#define R1 "  - {name: r1, address: 10.0.3.9, roles: securid-server}\n"
#define STAFF "  - {name: staff, prefix: 10.20.0.0/16, roles: client}\n"
#define HOSTS "hosts:\n"

#endif
