/* The flow store's hash against whoever picks addresses and ports: patterned keys that collide under many unkeyed hashes
 * spread like random ones, whatever the key is today. */
#define _DEFAULT_SOURCE /* getentropy */
#include <stdlib.h>
#include <unistd.h>

#include "store.h"
#include "testing.h"

enum {
    KEYS = 100000,
    SEARCH_MAX = 600, /* random keys at a load of 5/8 need about ln(n) / 0.095 = 121 slots at the worst; five times that is a pattern */
};

/* The i-th key of a pattern: both addresses in one word, both ports. */
static struct flow_key pattern_key(unsigned pattern, uint64_t i)
{
    struct flow_key key = {{0}};
    switch (pattern) {
    case 0: key.words[1] = i; break;                                 /* ports counted up */
    case 1: key.words[0] = i; break;                                 /* one address counted up */
    case 2: key.words[0] = i << 32; break;                           /* the other */
    case 3: key.words[0] = i << 16; break;                           /* low bits equal */
    case 4: key.words[0] = i | i << 32; break;                       /* both addresses alike */
    case 5: key.words[0] = i, key.words[1] = i & 0xffff; break;      /* address and port together */
    case 6: key.words[0] = i, key.words[1] = ~i & 0xffffffff; break; /* one up, one down: equal sums and differences */
    case 7: key.words[0] = i * UINT64_C(0x9e3779b97f4a7c15); break;  /* made for multiplicative hashes */
    default: key.words[0] = UINT64_C(1) << i % 64 | i << 20; break;  /* few bits set */
    }
    return key;
}

static struct hash_key random_key(void)
{
    struct hash_key key = {0};
    assert_int_equal(getentropy(&key, sizeof key), 0);
    key.k[3] |= 1;
    return key;
}

static void patterned_keys_are_found_as_fast_as_random_ones(void **state)
{
    (void)state;
    for (unsigned pattern = 0; pattern <= 8; pattern++) {
        struct hash_key secret = random_key();
        struct store store;
        assert_true(store_init(&store, ENDS_IPV4, &secret));
        for (uint64_t i = 0; i < KEYS; i++) {
            struct flow_key key = pattern_key(pattern, i);
            uint64_t hash = store_hash(&store, &key);
            if (store_find(&store, &key, hash) == NO_RECORD) assert_int_not_equal(store_make(&store, &key, hash), NO_RECORD);
        }
        if (store_longest_search(&store) > SEARCH_MAX) fail_msg("pattern %u: a search of %zu slots", pattern, store_longest_search(&store));
        store_finish(&store);
    }
}

static void ipv6_keys_that_differ_in_one_word_only_are_told_apart(void **state)
{
    (void)state;
    struct hash_key secret = random_key();
    for (unsigned word = 0; word < 4; word++) {
        struct store store;
        assert_true(store_init(&store, ENDS_IPV6, &secret));
        for (uint64_t i = 0; i < KEYS; i++) {
            struct flow_key key = {{0}};
            key.words[word] = i;
            uint64_t hash = store_hash(&store, &key);
            assert_int_equal(store_find(&store, &key, hash), NO_RECORD);
            assert_int_not_equal(store_make(&store, &key, hash), NO_RECORD);
        }
        assert_in_range(store_longest_search(&store), 1, SEARCH_MAX);
        store_finish(&store);
    }
}

/* Growing moves records a few at a time; before, between and after, every one of them is found. */
static void every_record_is_found_at_any_time_while_the_store_grows(void **state)
{
    (void)state;
    for (size_t ends = ENDS_IPV4; ends <= ENDS_IPV6; ends += ENDS_IPV6 - ENDS_IPV4) {
        struct hash_key secret = random_key();
        struct store store;
        unsigned growing = 0, settled = 0;
        assert_true(store_init(&store, ends, &secret));
        for (uint32_t i = 0; i < KEYS; i++) {
            struct flow_key key = pattern_key(1, i);
            assert_int_equal(store_find(&store, &key, store_hash(&store, &key)), NO_RECORD);
            assert_int_equal(store_make(&store, &key, store_hash(&store, &key)), i);
            growing += store.before.at != NULL;
            settled += store.before.at == NULL;
            for (uint32_t k = 0; k < 8; k++) { /* the newest, the oldest, and some between */
                uint32_t wanted = (uint32_t)((uint64_t)i * k / 7);
                key = pattern_key(1, wanted);
                if (store_find(&store, &key, store_hash(&store, &key)) != wanted) fail_msg("%u is lost behind %u", wanted, i);
            }
        }
        assert_true(growing > 1000 && settled > 1000);
        store_finish(&store);
    }
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    struct hash_key a = random_key(), b = random_key();
    struct store x, y;
    assert_true(store_init(&x, ENDS_IPV4, &a) && store_init(&y, ENDS_IPV4, &b));
    struct flow_key key = pattern_key(5, 77);
    assert_true(store_hash(&x, &key) != store_hash(&y, &key));
    store_finish(&x);
    store_finish(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterned_keys_are_found_as_fast_as_random_ones),
        cmocka_unit_test(ipv6_keys_that_differ_in_one_word_only_are_told_apart),
        cmocka_unit_test(every_record_is_found_at_any_time_while_the_store_grows),
        cmocka_unit_test(another_key_gives_another_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
