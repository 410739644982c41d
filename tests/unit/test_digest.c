#include "testing.h"

#include "digest.h"

/* FIPS 180-2, appendix B.1, and the empty message. */
static void known_messages_have_their_published_digests(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_SIZE];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void adding_in_pieces_gives_the_same_digest(void **state)
{
    (void)state;
    struct digest digest;
    char whole[DIGEST_HEX_SIZE], pieces[DIGEST_HEX_SIZE];
    sha256_hex("pieces of one message", 21, whole);
    digest_init(&digest);
    digest_add(&digest, "pieces ", 7);
    digest_add(&digest, "", 0);
    digest_add(&digest, "of one message", 14);
    digest_hex(&digest, pieces);
    assert_string_equal(whole, pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_messages_have_their_published_digests),
        cmocka_unit_test(adding_in_pieces_gives_the_same_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
