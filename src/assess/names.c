/* The words of the report, as one table per enum. */
#include "portproof/findings.h"

#define NAMES(function, type, count, ...)                                                                                                  \
    const char *function(enum type value)                                                                                                  \
    {                                                                                                                                      \
        static const char *const names[] = {__VA_ARGS__};                                                                                  \
        _Static_assert(sizeof names / sizeof *names == (count), "every " #type " has a name");                                             \
        return names[value];                                                                                                               \
    }

NAMES(pp_basis_name, pp_basis, PP_BASIS_COUNT, [PP_BASIS_HANDSHAKE] = "handshake", [PP_BASIS_LISTENER] = "listener", [PP_BASIS_ROW] = "row",
      [PP_BASIS_PEERS] = "peers", [PP_BASIS_FIRST_PACKET] = "first-packet", [PP_BASIS_NONE] = "none")
NAMES(pp_confidence_name, pp_basis, PP_BASIS_COUNT, [PP_BASIS_HANDSHAKE] = "proven", [PP_BASIS_LISTENER] = "proven",
      [PP_BASIS_ROW] = "inferred", [PP_BASIS_PEERS] = "inferred", [PP_BASIS_FIRST_PACKET] = "inferred", [PP_BASIS_NONE] = "ambiguous")
NAMES(pp_outcome_name, pp_outcome, PP_OUTCOME_COUNT, [PP_HALF_SEEN] = "half-seen", [PP_ANSWERED] = "answered", [PP_REFUSED] = "refused",
      [PP_REJECTED] = "rejected", [PP_SILENT] = "silent")
NAMES(pp_flow_verdict_name, pp_flow_verdict, PP_FLOW_VERDICT_COUNT, [PP_OUT_OF_SCOPE] = "out-of-scope", [PP_UNDETERMINED] = "undetermined",
      [PP_EXPECTED] = "expected", [PP_EXEMPT] = "exempt", [PP_UNEXPECTED] = "unexpected")
NAMES(pp_reason_name, pp_reason,
      PP_REASON_COUNT, [PP_FEATURE_OFF] = "feature-off", [PP_REVERSED] = "reversed", [PP_WRONG_TRANSPORT] = "wrong-transport",
      [PP_WRONG_SOURCE] = "wrong-source", [PP_WRONG_DESTINATION] = "wrong-destination", [PP_UNLISTED_PORT] = "unlisted-port",
      [PP_UNKNOWN_HOST] = "unknown-host", [PP_REASON_DIRECTION] = "direction", [PP_REASON_FRAGMENT] = "fragment", [PP_REASON_NONE] = "")
NAMES(pp_state_name, pp_state,
      PP_STATE_COUNT, [PP_STATE_EXPECTED] = "expected", [PP_STATE_BLOCKED] = "blocked", [PP_STATE_MISSING] = "missing",
      [PP_STATE_NOT_OBSERVABLE] = "not-observable", [PP_STATE_OPTIONAL] = "optional", [PP_STATE_NOT_APPLICABLE] = "not-applicable")
NAMES(pp_compliance_name, pp_compliance,
      PP_COMPLIANCE_COUNT, [PP_COMPLIANT] = "compliant", [PP_NON_COMPLIANT] = "non-compliant", [PP_INCONCLUSIVE] = "inconclusive")
NAMES(pp_finding_kind_name, pp_finding_kind, PP_FINDING_KIND_COUNT, [PP_FIND_BLOCKED] = "blocked", [PP_FIND_UNEXPECTED] = "unexpected",
      [PP_FIND_WAIVER_EXPIRED] = "waiver-expired", [PP_FIND_UNDETERMINED] = "undetermined", [PP_FIND_MISSING] = "missing")
NAMES(pp_grade_name, pp_grade, PP_GRADE_COUNT, [PP_GOOD] = "good", [PP_LIMITED] = "limited", [PP_POOR] = "poor")
NAMES(pp_link_event_name, pp_link_event, PP_LINK_EVENT_COUNT, [PP_LINK_RENAMED] = "renamed", [PP_LINK_NO_CARRIER] = "no-carrier",
      [PP_LINK_DOWN] = "down", [PP_LINK_FAILED] = "failed", [PP_LINK_REMOVED] = "removed", [PP_LINK_NOT_LISTENING] = "not-listening")

const char *pp_label_name(unsigned i)
{
    static const char *const names[] = {"callback",    "companion", "wide",   "half-seen",
                                        "not-primary", "icmp-only", "folded", "other-family-works"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}
