/* An IPv6 packet with any chain of extension headers, cut anywhere: what decode says of it is what whoever built it knows, be it the ports
 * behind the chain, a later fragment, a chain that is too long, or a cut in a header that was needed. */
#include "fuzz.h"
#include "portproof/decode.h"

enum { HEADER = 40, PACKET_MOST = 8192, EXTENSIONS_MOST = 16, EXTENSIONS_BUILT = 20, UNIT = 8 };
enum { TCP = 6, UDP = 17, FRAGMENT = 44, AUTHENTICATION = 51, ICMPV6 = 58, NOTHING = 59 };

static const uint8_t extensions[] = {0, 43, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140};
static const uint8_t finals[] = {TCP, UDP, ICMPV6, NOTHING, 132, 89};

struct built {
    uint8_t bytes[PACKET_MOST];
    size_t size;
    size_t needed; /* captured bytes below this: truncated */
    enum pp_decoded result;
    bool first_fragment, tail; /* tail: there is payload */
    uint32_t id;
    uint16_t ports[2];
    uint8_t protocol;
};

static uint8_t *more(struct built *b, size_t n)
{
    uint8_t *at = b->bytes + b->size;
    b->size += n;
    return at;
}

/* One extension header; `next` is where the next one's number goes. Returns whether the chain goes on. */
static bool extend(struct built *b, struct draw *in, uint8_t type, uint8_t **next)
{
    uint8_t shape = next8(in);
    size_t length = type == FRAGMENT ? UNIT : type == AUTHENTICATION ? 8 + shape % 8 * 4u : UNIT + shape % 8 * 8u;
    uint8_t *header = more(b, length);
    memset(header, shape, length);
    **next = type;
    *next = header;
    if (type != FRAGMENT) {
        header[1] = (uint8_t)(type == AUTHENTICATION ? length / 4 - 2 : length / 8 - 1);
        return true;
    }
    unsigned offset = shape & 1 ? 0 : shape >> 2, rest = shape & 2 ? 1 : 0;
    header[1] = 0;
    header[2] = (uint8_t)(offset >> 5);
    header[3] = (uint8_t)(offset << 3 | rest);
    uint32_t id = next8(in) | (uint32_t)shape << 24;
    for (unsigned i = 0; i < 4; i++) header[4 + i] = (uint8_t)(id >> 8 * (3 - i));
    if (!offset && !rest) return true;
    b->first_fragment = !offset;
    b->id = id;
    return !offset;
}

/* What stands behind the chain. */
static void end(struct built *b, struct draw *in, uint8_t protocol)
{
    b->protocol = protocol;
    b->needed = b->size;
    b->result = PP_OTHER_PROTOCOL;
    if (protocol == TCP || protocol == UDP) {
        uint8_t *segment = more(b, 20);
        memset(segment, 0, 20);
        for (unsigned i = 0; i < 4; i++) segment[i] = next8(in);
        segment[12] = 5 << 4;
        b->ports[0] = (uint16_t)(segment[0] << 8 | segment[1]);
        b->ports[1] = (uint16_t)(segment[2] << 8 | segment[3]);
        b->needed += 4;
        b->result = PP_DECODED;
    } else if (protocol == ICMPV6) {
        uint8_t *echo = more(b, 8);
        memset(echo, 0, 8);
        echo[0] = 128;
        b->needed += 8;
    }
}

static void build(struct built *b, struct draw *in)
{
    uint8_t *header = more(b, HEADER), *next = header + 6;
    memset(header, 0, HEADER);
    header[0] = 6 << 4;
    for (unsigned i = 0; i < 32; i++) header[8 + i] = (uint8_t)(i * 7 + 1);
    unsigned wanted = next8(in) % (EXTENSIONS_BUILT + 1), count = 0;
    bool goes_on = true;
    while (count < wanted && goes_on) {
        if (++count > EXTENSIONS_MOST) b->needed = b->needed ? b->needed : b->size;
        goes_on = extend(b, in, extensions[next8(in) % sizeof extensions], &next);
    }
    uint8_t protocol = finals[next8(in) % sizeof finals];
    *next = protocol;
    size_t too_deep_at = b->needed;
    if (goes_on) {
        end(b, in, protocol);
    } else { /* a later fragment: its protocol is told, and nothing behind it is read */
        b->protocol = protocol;
        b->needed = b->size;
        b->result = protocol == TCP || protocol == UDP ? PP_LATER_FRAGMENT : PP_OTHER_PROTOCOL;
    }
    if (count > EXTENSIONS_MOST) b->result = PP_TOO_DEEP, b->needed = too_deep_at;
    size_t tail = next8(in) % 64;
    memset(more(b, tail), 0, tail);
}

static void check(const struct built *b, const struct pp_packet *p, enum pp_decoded result, size_t captured)
{
    if (captured < b->needed) {
        must(result == PP_TRUNCATED && p->marks & PP_MARK_HEADER_CUT);
        return;
    }
    must(result == b->result);
    if (captured >= HEADER)
        must(p->family == PP_IPV6 && memcmp(p->source, b->bytes + 8, 16) == 0 && memcmp(p->destination, b->bytes + 24, 16) == 0);
    if (result == PP_TOO_DEEP) return;
    must(p->transport == b->protocol && p->datagram_id == b->id);
    must(!(p->marks & PP_MARK_FIRST_FRAGMENT) == !b->first_fragment);
    if (result == PP_DECODED) must(p->source_port == b->ports[0] && p->destination_port == b->ports[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct built b;
    struct draw in = {bytes, size};
    struct pp_packet packet;
    const struct pp_decode_options options = {0};
    b.size = b.needed = b.id = 0;
    b.first_fragment = false;
    uint16_t cut = next16(&in);
    bool jumbo = next8(&in) & 1;
    build(&b, &in);
    size_t length = jumbo ? 0 : b.size - HEADER;
    b.bytes[4] = (uint8_t)(length >> 8);
    b.bytes[5] = (uint8_t)length;
    size_t captured = cut < b.size ? cut : b.size;
    uint8_t *exact = malloc(captured + !captured);
    if (!exact) return 0;
    memcpy(exact, b.bytes, captured);
    struct pp_frame frame = {.bytes = exact, .captured = (uint32_t)captured, .wire = (uint32_t)b.size, .number = 1, .link_type = 229};
    enum pp_decoded result = pp_decode(&frame, &options, &packet);
    check(&b, &packet, result, captured);
    free(exact);
    return 0;
}
