/* `portproof flows --format tsv`: directed five-tuples, sorted bytewise, for other tools and for checking us.
 *
 * A line is an item of 12 bytes (line_order.h) until it is written, so that a million flows need no million lines in memory. Threads
 * first make the items, a share of the flows each. Then they take pieces of some thousand lines, from the first of the order to the
 * last; the order is made no finer than finding the next piece needs (line_split). What a thread took it sorts and formats by
 * itself, and it hands the text on when its turn has come, so the bytes are the same whatever the number of threads. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "flows.h"
#include "line_order.h"
#include "parallel.h"

enum {
    WRITERS_MAX = 16,
    FEW_FLOWS = 10000,      /* one thread has written these before others have started */
    SHARES = 64,            /* of the flows, to make items of */
    PIECE_LINES = 2048,     /* 200 KB of text, usually */
    BUFFER_BYTES = 1 << 18, /* a thread's; a longer piece waits for its turn with a full buffer */
    PENDING_LEAST = 1024,
};

struct writing {
    const struct pp_flow_table *flows;
    const struct pp_sink *sink;
    struct line_order order;
    struct line_item *items;
    pthread_mutex_t lock; /* of all that follows; the sink is whoever's turn it is */
    pthread_cond_t turn_passed;
    unsigned shares_taken;
    size_t kept[SHARES];        /* items of each share */
    struct line_range *pending; /* not yet taken; the first of the order is the last here */
    size_t pending_count, pending_room;
    size_t pieces_taken, pieces_written;
    bool failed;
};

/* --- items ------------------------------------------------------------------------------------------------------------ */

static size_t first_of_share(const struct writing *w, unsigned share) { return pp_flow_count(w->flows) * share / SHARES; }

/* Two items a flow have room; an end that sent nothing has no line. An end that talks to itself on one port is side 0 only. */
static size_t make_items(struct writing *w, unsigned share)
{
    struct line_item *items = w->items + 2 * first_of_share(w, share), *at = items;
    for (size_t i = first_of_share(w, share); i < first_of_share(w, share + 1); i++) {
        struct pp_flow flow;
        pp_flow_at(w->flows, i, &flow);
        for (unsigned side = 0; side < 2; side++)
            if (flow.side[side].packets) *at++ = line_item(&w->order, &flow, i, side);
    }
    return (size_t)(at - items);
}

static void make_shares(void *context)
{
    struct writing *w = context;
    pthread_mutex_lock(&w->lock);
    while (w->shares_taken < SHARES) {
        unsigned share = w->shares_taken++;
        pthread_mutex_unlock(&w->lock);
        size_t kept = make_items(w, share);
        pthread_mutex_lock(&w->lock);
        w->kept[share] = kept;
    }
    pthread_mutex_unlock(&w->lock);
}

/* The shares' items one behind the other; returns how many. */
static size_t close_gaps(struct writing *w)
{
    size_t count = 0;
    for (unsigned share = 0; share < SHARES; share++) {
        memmove(w->items + count, w->items + 2 * first_of_share(w, share), w->kept[share] * sizeof *w->items);
        count += w->kept[share];
    }
    return count;
}

/* --- pieces ----------------------------------------------------------------------------------------------------------- */

/* Room for the parts of a split; false: none, and the piece is taken as large as it is. */
static bool reserve(struct writing *w)
{
    if (w->pending_count + LINE_PARTS_MAX <= w->pending_room) return true;
    size_t room = w->pending_room ? 2 * w->pending_room : PENDING_LEAST;
    struct line_range *pending = realloc(w->pending, room * sizeof *pending);
    if (!pending) return false;
    w->pending = pending;
    w->pending_room = room;
    return true;
}

/* The next piece in the order of the lines, and its number. Under the lock. */
static bool take_piece(struct writing *w, struct line_range *piece, size_t *number)
{
    struct line_range parts[LINE_PARTS_MAX];
    if (w->failed || !w->pending_count) return false;
    *piece = w->pending[--w->pending_count];
    while (piece->count > PIECE_LINES && reserve(w)) {
        unsigned count = line_split(&w->order, *piece, PIECE_LINES, parts);
        *piece = parts[0];
        if (count == 1) break;
        while (count > 1) w->pending[w->pending_count++] = parts[--count];
    }
    *number = w->pieces_taken++;
    return true;
}

/* Hand text on, once everything before it has been. false: the sink stopped, now or earlier. */
static bool hand_on(struct writing *w, size_t number, const char *text, size_t size)
{
    pthread_mutex_lock(&w->lock);
    while (w->pieces_written != number && !w->failed) pthread_cond_wait(&w->turn_passed, &w->lock);
    bool ok = !w->failed;
    pthread_mutex_unlock(&w->lock);
    return ok && (!size || w->sink->write(w->sink->context, text, size));
}

static bool write_piece(struct writing *w, struct line_range piece, size_t number, char *buffer)
{
    char *at = buffer;
    line_sort(&w->order, piece);
    for (size_t i = 0; i < piece.count; i++) {
        struct pp_flow flow;
        line_flow(&w->order, piece.items, piece.count, i, &flow);
        at = put_line(at, &w->order.words, &flow, piece.items[i].line & 1);
        if (buffer + BUFFER_BYTES - at >= LINE_BYTES_MAX) continue;
        if (!hand_on(w, number, buffer, (size_t)(at - buffer))) return false;
        at = buffer;
    }
    return hand_on(w, number, buffer, (size_t)(at - buffer));
}

static void write_pieces(void *context)
{
    struct writing *w = context;
    struct line_range piece;
    size_t number;
    char *buffer = malloc(BUFFER_BYTES);
    pthread_mutex_lock(&w->lock);
    while (buffer && take_piece(w, &piece, &number)) {
        pthread_mutex_unlock(&w->lock);
        bool ok = write_piece(w, piece, number, buffer);
        pthread_mutex_lock(&w->lock);
        w->pieces_written++;
        w->failed |= !ok;
        pthread_cond_broadcast(&w->turn_passed);
    }
    pthread_mutex_unlock(&w->lock);
    free(buffer);
}

static bool write_all(struct writing *w, unsigned threads)
{
    run_threads(threads, make_shares, w);
    size_t count = close_gaps(w);
    if (!count) return true;
    if (!reserve(w)) return false;
    w->pending[w->pending_count++] = (struct line_range){w->items, count, 0};
    run_threads(threads, write_pieces, w);
    return !w->failed && !w->pending_count; /* some are left when no thread had memory for a buffer */
}

bool flows_tsv(const struct pp_flow_table *flows, unsigned threads, const struct pp_sink *sink)
{
    static const char header[] = "transport\tsrc\tsport\tdst\tdport\tpackets\tbytes\tfirst\tlast\ttcp_flags\n";
    size_t count = pp_flow_count(flows);
    if (count > LINE_FLOWS_MAX || !sink->write(sink->context, header, sizeof header - 1)) return false;
    struct writing *w = calloc(1, sizeof *w);
    if (!w) return false;
    w->flows = flows;
    w->sink = sink;
    w->items = malloc((2 * count + 1) * sizeof *w->items);
    line_order_init(&w->order, flows);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->turn_passed, NULL);
    bool ok = w->items && write_all(w, !threads && count < FEW_FLOWS ? 1 : thread_count(threads, WRITERS_MAX));
    pthread_cond_destroy(&w->turn_passed);
    pthread_mutex_destroy(&w->lock);
    free(w->pending);
    free(w->items);
    free(w);
    return ok;
}
