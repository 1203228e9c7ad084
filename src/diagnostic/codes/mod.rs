//! Every diagnostic code: its name, how much it matters, and its page. A code is never reused.

use super::Severity::{self, Error, Hint, Warning};

/// A named kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Kebab-case, as printed: `unknown-field`.
    pub name: &'static str,
    pub severity: Severity,
    /// Markdown: what it means, an example that has it, and what to write instead.
    pub page: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $severity:ident;)*) => {
        $(
            #[doc = concat!("`", $name, "`: see `codes/", $name, ".md`.")]
            pub static $constant: Code = Code {
                name: $name,
                severity: $severity,
                page: include_str!(concat!($name, ".md")),
            };
        )*

        /// All codes, sorted by name.
        pub static ALL: &[&Code] = &[$(&$constant),*];
    };
}

// One line a code, sorted by name; the page is the file of the same name in this folder.
codes! {
    ALWAYS_FAILS = "always-fails", Error;
    BAD_ADDRESS = "bad-address", Error;
    BAD_BOUND = "bad-bound", Error;
    BAD_BUSINESS_KEY = "bad-business-key", Error;
    BAD_COMPENSATION = "bad-compensation", Error;
    BAD_CORRELATION = "bad-correlation", Error;
    BAD_ENVELOPE = "bad-envelope", Error;
    BAD_EXAMPLE = "bad-example", Warning;
    BAD_FOLD = "bad-fold", Error;
    BAD_HEADER = "bad-header", Error;
    BAD_INSTANCE_ROUTE = "bad-instance-route", Error;
    BAD_KEY = "bad-key", Error;
    BAD_LIMIT = "bad-limit", Error;
    BAD_MATCH = "bad-match", Error;
    BAD_NAME = "bad-name", Error;
    BAD_OPERATION_PATH = "bad-operation-path", Error;
    BAD_ORIGIN = "bad-origin", Error;
    BAD_PATH = "bad-path", Error;
    BAD_POINTER = "bad-pointer", Error;
    BAD_PROBE = "bad-probe", Error;
    BAD_QUERY = "bad-query", Error;
    BAD_SCHEDULE = "bad-schedule", Error;
    BAD_SCHEMA = "bad-schema", Error;
    BAD_SCHEMA_NAME = "bad-schema-name", Error;
    BAD_SIGNATURE = "bad-signature", Error;
    BAD_STATUS = "bad-status", Error;
    BAD_STEP = "bad-step", Error;
    BAD_STORE = "bad-store", Error;
    BAD_STREAM_ROUTE = "bad-stream-route", Error;
    BAD_TABLE = "bad-table", Error;
    BAD_TEST = "bad-test", Error;
    BAD_URL = "bad-url", Error;
    BAD_VARIABLE = "bad-variable", Error;
    BAD_WEBHOOK = "bad-webhook", Error;
    BUDGET_CONFLICT = "budget-conflict", Error;
    CACHE_ON_CHANGE = "cache-on-change", Error;
    CACHED_DECISION = "cached-decision", Error;
    CHECKED_AT_RUNTIME = "checked-at-runtime", Hint;
    CLIENT_WITHOUT_KEY = "client-without-key", Warning;
    CONDITION_NOT_BOOLEAN = "condition-not-boolean", Error;
    CONFLICTING_KEYS = "conflicting-keys", Error;
    CONTINUING_ELSE = "continuing-else", Error;
    CREATE_WITHOUT_KEY = "create-without-key", Warning;
    CREATE_WITHOUT_PROBE = "create-without-probe", Warning;
    DEAD_BRANCH = "dead-branch", Warning;
    DEAD_CASE = "dead-case", Error;
    DEF_CYCLE = "def-cycle", Error;
    DOUBLE_ASSIGNMENT = "double-assignment", Error;
    DUPLICATE_KEY = "duplicate-key", Error;
    DUPLICATE_NAME = "duplicate-name", Error;
    DUPLICATE_ROW = "duplicate-row", Error;
    FLOW_CYCLE = "flow-cycle", Error;
    GET_WITH_BODY = "get-with-body", Error;
    IGNORED_KEYWORD = "ignored-keyword", Warning;
    IMPOSSIBLE_VALUE = "impossible-value", Error;
    INTERNAL_FIELD_SHOWN = "internal-field-shown", Error;
    LOCAL_AS_INSTANT = "local-as-instant", Error;
    MATCH_NOT_EXHAUSTIVE = "match-not-exhaustive", Error;
    MAY_FAIL = "may-fail", Hint;
    MAYBE_ABSENT = "maybe-absent", Error;
    MAYBE_NULL = "maybe-null", Error;
    MISPLACED_KEY = "misplaced-key", Error;
    MISPLACED_SECRET = "misplaced-secret", Error;
    MISSING_ALLOW = "missing-allow", Error;
    MISSING_AUTH = "missing-auth", Error;
    MISSING_EQUALS = "missing-equals", Warning;
    MISSING_GATEWAY = "missing-gateway", Error;
    MISSING_KEY = "missing-key", Error;
    MISSING_OWNER = "missing-owner", Warning;
    MISSING_RUNBOOK = "missing-runbook", Warning;
    MISSING_TARGET = "missing-target", Error;
    MISSING_TEXT = "missing-text", Error;
    MIXED_CURRENCIES = "mixed-currencies", Error;
    NO_STATUS_ROUTE = "no-status-route", Warning;
    NOT_A_LIST = "not-a-list", Error;
    NOT_AFTER = "not-after", Error;
    NOT_BEHIND = "not-behind", Error;
    NOT_BUILT_YET = "not-built-yet", Error;
    NOT_UTF8 = "not-utf8", Error;
    NULLABLE_DECIDES = "nullable-decides", Error;
    OPEN_SPREAD = "open-spread", Error;
    ORPHAN_CREATE = "orphan-create", Error;
    OVER_BUDGET = "over-budget", Warning;
    OVERLAPPING_ROUTES = "overlapping-routes", Error;
    PLAIN_SECRET = "plain-secret", Warning;
    QUOTE_IT = "quote-it", Error;
    REFUSED_EGRESS = "refused-egress", Error;
    RESPONDS_TWICE = "responds-twice", Error;
    RUN_ANSWERS = "run-answers", Error;
    SKIPPED_LAYER = "skipped-layer", Error;
    SYNTAX_ERROR = "syntax-error", Error;
    TARGET_MISMATCH = "target-mismatch", Error;
    TOO_COMPLEX = "too-complex", Error;
    TOO_DEEP = "too-deep", Error;
    TOO_LARGE = "too-large", Error;
    UNBOUND_INPUT = "unbound-input", Error;
    UNDECLARED_FIELD = "undeclared-field", Warning;
    UNDECLARED_PARAMETER = "undeclared-parameter", Error;
    UNFIT_ANSWER = "unfit-answer", Error;
    UNFIT_EVENT = "unfit-event", Error;
    UNFIT_KEY = "unfit-key", Error;
    UNFIT_OPERATION = "unfit-operation", Error;
    UNFIT_SHAPE = "unfit-shape", Error;
    UNFIT_STUB = "unfit-stub", Warning;
    UNHELD_SCOPE = "unheld-scope", Warning;
    UNKNOWN_AUTH = "unknown-auth", Error;
    UNKNOWN_CLIENT = "unknown-client", Error;
    UNKNOWN_COLUMN = "unknown-column", Error;
    UNKNOWN_CORS = "unknown-cors", Error;
    UNKNOWN_EDITION = "unknown-edition", Error;
    UNKNOWN_ENTITY = "unknown-entity", Error;
    UNKNOWN_EVENT = "unknown-event", Error;
    UNKNOWN_EXCEPTION = "unknown-exception", Error;
    UNKNOWN_FIELD = "unknown-field", Error;
    UNKNOWN_FILE = "unknown-file", Warning;
    UNKNOWN_FLOW = "unknown-flow", Error;
    UNKNOWN_FORMAT = "unknown-format", Warning;
    UNKNOWN_FUNCTION = "unknown-function", Error;
    UNKNOWN_INPUT = "unknown-input", Error;
    UNKNOWN_KEY = "unknown-key", Error;
    UNKNOWN_KEYWORD = "unknown-keyword", Error;
    UNKNOWN_MAPPING = "unknown-mapping", Error;
    UNKNOWN_NAME = "unknown-name", Error;
    UNKNOWN_OPERATION = "unknown-operation", Error;
    UNKNOWN_PARAMETER = "unknown-parameter", Error;
    UNKNOWN_PLACEHOLDER = "unknown-placeholder", Error;
    UNKNOWN_REJECTION = "unknown-rejection", Error;
    UNKNOWN_SCHEMA = "unknown-schema", Error;
    UNKNOWN_SHARED = "unknown-shared", Error;
    UNKNOWN_STATE = "unknown-state", Error;
    UNKNOWN_STEP = "unknown-step", Error;
    UNKNOWN_STREAM = "unknown-stream", Error;
    UNKNOWN_SYMBOL = "unknown-symbol", Error;
    UNKNOWN_SYSTEM = "unknown-system", Error;
    UNKNOWN_TABLE = "unknown-table", Error;
    UNKNOWN_TYPE = "unknown-type", Error;
    UNKNOWN_VALUE = "unknown-value", Error;
    UNKNOWN_WEBHOOK = "unknown-webhook", Error;
    UNREACHABLE_ROUTE = "unreachable-route", Error;
    UNREACHABLE_STEP = "unreachable-step", Error;
    UNREAD_SOURCE = "unread-source", Hint;
    UNREADABLE_FILE = "unreadable-file", Error;
    UNRESOLVED_REF = "unresolved-ref", Error;
    UNROUNDED_DIVISION = "unrounded-division", Error;
    UNSET_VARIABLE = "unset-variable", Error;
    UNUSED_DEF = "unused-def", Warning;
    UNUSED_EVENT = "unused-event", Warning;
    UNUSED_EXCEPTION = "unused-exception", Warning;
    UNUSED_FLOW = "unused-flow", Warning;
    UNUSED_LET = "unused-let", Warning;
    UNUSED_MAPPING = "unused-mapping", Warning;
    UNUSED_PARAMETER = "unused-parameter", Warning;
    UNUSED_REJECTION = "unused-rejection", Warning;
    UNUSED_SCHEMA = "unused-schema", Warning;
    UNUSED_TABLE = "unused-table", Warning;
    VENDOR_OUTSIDE_SYSTEM = "vendor-outside-system", Error;
    WRONG_ARGUMENTS = "wrong-arguments", Error;
    WRONG_AUDIENCE = "wrong-audience", Error;
    WRONG_KIND = "wrong-kind", Error;
    WRONG_TYPE = "wrong-type", Error;
    YAML_ALIAS = "yaml-alias", Error;
    YAML_ANCHOR = "yaml-anchor", Error;
    YAML_DOCUMENT = "yaml-document", Error;
    YAML_MERGE_KEY = "yaml-merge-key", Error;
    YAML_SYNTAX = "yaml-syntax", Error;
    YAML_TAG = "yaml-tag", Error;
    YAML_TRAP = "yaml-trap", Error;
}

/// The code called `name`.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.name == name).copied()
}
