"""What schemathesis sends as a file of facts: lines of every kind, right ones and others."""

import json

import schemathesis
from hypothesis import strategies as st

REFS = st.sampled_from(["demo-sandbox-1", "demo-sandbox-2", "R1", "", "x" * 65])
MOMENTS = st.sampled_from(
    [
        *("2026-11-01T03:00:00+09:00", "2026-11-01T03:00:00-16:45"),
        *("2026-11-01", "9999-01-01T00:00:00Z", None),
    ]
)
SOURCES = st.sampled_from(["sandbox", "another"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)
PERSON = st.fixed_dictionaries(
    {
        "kind": st.just("resident"),
        "source": SOURCES,
        "ref": REFS,
        "municipality": st.sampled_from(["131016", "131015", "011002"]),
        "name": st.sampled_from(["試験 太郎", "", "x" * 201]),
        "born": st.sampled_from(["1990-04-01", "2026-02-30", "3000-01-01"]),
    }
)
FACT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["insurance", "account", "certificate", "checkup", "nothing"]),
        "source": SOURCES,
        "resident": REFS,
        "status": st.sampled_from(["registered", "not-registered", "other"]),
        "checked_at": MOMENTS,
    }
)
LINES = st.lists(PERSON | FACT | ANYTHING, max_size=8).map(
    lambda lines: "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode(
        "utf-8", "replace"
    )
)
schemathesis.openapi.media_type("application/x-ndjson", LINES | st.binary(max_size=200))


@schemathesis.hook
def before_load_schema(context, schema):
    """Take out the example of a file, which is text: what is drawn above has to be bytes.

    test_pages.py and test_examples.py look at that example.
    """
    body = schema["paths"]["/api/v1/facts"]["post"]["requestBody"]
    del body["content"]["application/x-ndjson"]["example"]
