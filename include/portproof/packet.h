/* A packet: what decode makes of a frame. A plain value, independent of the frame's bytes. */
#ifndef PORTPROOF_PACKET_H
#define PORTPROOF_PACKET_H

#include "portproof/base.h"

/** What became of a frame; every frame gets exactly one, and every one is counted. */
enum pp_decoded {
    PP_DECODED,          /* TCP or UDP with both ports */
    PP_ICMP_ERROR,       /* ICMP or ICMPv6 error quoting TCP or UDP with both ports: the packet holds the quoted header */
    PP_LATER_FRAGMENT,   /* TCP or UDP fragment without the ports; addresses and datagram id only */
    PP_OTHER_PROTOCOL,   /* IP, but neither TCP nor UDP (nor an error about them); addresses are valid */
    PP_NOT_IP,           /* ARP, STP, LLDP … */
    PP_TRUNCATED,        /* the snap length cut a header that was needed */
    PP_MALFORMED,        /* a header contradicts itself */
    PP_TOO_DEEP,         /* more stacked tags, labels, headers or tunnels than the named limits */
    PP_UNSUPPORTED_LINK, /* a link type that decode does not read */
    PP_DECODED_COUNT
};

enum pp_tcp_flag { PP_FIN = 1, PP_SYN = 2, PP_RST = 4, PP_PSH = 8, PP_ACK = 16, PP_URG = 32 };

/** Marks on a packet, OR-ed. */
enum pp_packet_mark {
    PP_MARK_LINK_GROUP = 1,     /* link-level destination was multicast or broadcast */
    PP_MARK_TUNNEL = 2,         /* a tunnel (GRE, IP-in-IP, 6in4, VXLAN, Geneve, ERSPAN) was seen; entered only with --decap */
    PP_MARK_NO_FLAGS = 4,       /* TCP header cut before its flags */
    PP_MARK_FIRST_FRAGMENT = 8, /* carries ports, but more fragments follow */
    PP_MARK_PAYLOAD = 16,       /* at least one byte of transport payload, by the IP length */
    PP_MARK_CUT = 32,           /* the snap length cut the frame below its original length */
    PP_MARK_HEADER_CUT = 64,    /* the cut fell inside a header: something was not seen */
};

struct pp_packet {
    uint8_t source[16], destination[16];     /* network order; IPv4 in the first four bytes, the rest zero */
    pp_time_ns time_ns;                      /* as in the frame */
    uint64_t frame;                          /* frame number within its capture, from 1 */
    uint32_t wire_bytes;                     /* original length of the whole frame */
    uint32_t datagram_id;                    /* IP identification, of fragments only */
    uint16_t source_port, destination_port;  /* host order */
    uint16_t capture;                        /* index of the capture in the run */
    uint16_t callback_port;                  /* port announced in the first bytes of a 512 or 514 session; 0: none */
    uint8_t family;                          /* enum pp_family */
    uint8_t transport;                       /* IP protocol number */
    uint8_t tcp_flags;                       /* low eight bits; 0 for UDP */
    uint8_t marks;                           /* enum pp_packet_mark */
    uint8_t source_class, destination_class; /* port classes; filled by the port index, not by decode */
    /* PP_ICMP_ERROR only: who complained, and how. All the fields above describe the quoted packet,
     * but for time, frame, capture and wire_bytes, which are the ICMP packet's. */
    uint8_t icmp_type, icmp_code;
    uint8_t icmp_sender[16]; /* same family as the quoted packet's carrier */
    uint8_t icmp_family;
};

/** What nine packets of ten are, in half the space: IPv4, TCP or UDP with all of its header, no fragment, no tunnel, nothing
 * announced. Everything that a flow record wants of it. */
struct pp_plain_packet {
    pp_time_ns time_ns;   /* never PP_NO_FIRST */
    uint64_t frame;       /* capture index << 48 | frame number, from 1 */
    uint8_t addresses[8]; /* source, destination; network order */
    uint16_t ports[2];    /* source, destination; host order */
    uint32_t wire_bytes;
    uint8_t transport, tcp_flags;
    uint8_t marks;                           /* PP_MARK_LINK_GROUP and PP_MARK_CUT at most */
    uint8_t source_class, destination_class; /* filled by the port index, not by decode */
};
_Static_assert(sizeof(struct pp_plain_packet) == 40, "a batch of plain packets stays in the first-level cache");

#endif
