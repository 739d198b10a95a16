"""Hooks for schemathesis: how the scalars of this schema are written, and what no answer may be."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

for scalar in ("FeedCursor", "Decimal"):
    schemathesis.graphql.scalar(scalar, (st.text(max_size=40) | st.decimals(allow_nan=False, allow_infinity=False).map(str)).map(nodes.String))


@schemathesis.check
def no_fault(ctx, response, case):
    """Whatever is asked is answered as GraphQL, and refused in the client's words where it can't be done."""
    assert response.status_code < 500, response.text
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] not in ("INTERNAL", "TIMEOUT", "UNAVAILABLE"), error
