"""A strategy of SPARQL queries of the kinds that the columns answer, and of some that they leave to the store."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.columnar.asking import DATES, PREFIXES

VARIABLES = ["?s", "?t", "?u", "?v"]
VALUES = ["?l", "?d", "?n"]


@st.composite
def patterns(draw: st.DrawFn, depth: int = 0) -> str:
    """One triple pattern."""
    subject = draw(st.sampled_from([*VARIABLES, *VARIABLES, ":a", ":b", "_:z", "[]"]))
    kind = draw(st.integers(0, 9))
    if kind < 4:
        value = draw(st.sampled_from([*VARIABLES, *VARIABLES, ":a", ":c"]))
        return f"{subject} {draw(st.sampled_from([':p', ':q']))} {value}"
    if kind < 7:
        name = draw(st.sampled_from(["label", "date", "size"]))
        value = {"label": "?l", "date": "?d", "size": "?n"}[name]
        options = [value, value, value, "?v", '"Korea"@en', DATES[0]]
        return f"{subject} :{name} {draw(st.sampled_from(options))}"
    if kind < 9:
        path = draw(
            st.sampled_from(
                [":p*", ":p+", "^:q", ":p/:q", ":p|:q", "(:p|^:q)+", ":p?", ":p/:label", "(:p/:q)*", "^(:p/:q)"]
            )
        )
        return f"{subject} {path} {draw(st.sampled_from([*VARIABLES, ':a', ':absent']))}"
    return f"{subject} {draw(st.sampled_from(['?p', '?p', '?s']))} {draw(st.sampled_from([*VARIABLES, '?l', ':a']))}"


CONDITIONS = r"""
LANG(?l) = "en"
LANG(?l) != "en"
LANGMATCHES(LANG(?l), "en")
LANG(?l) IN ("en", "ko")
LANG(?l) NOT IN ("en")
STRSTARTS(STR(?l), "Kor")
STRSTARTS(?l, "Kor")
STRSTARTS(LCASE(STR(?l)), "kor")
CONTAINS(LCASE(STR(?l)), "k")
CONTAINS(?l, "국")
CONTAINS(STR(?s), "e/")
CONTAINS(LCASE(?l), "é")
CONTAINS(STR(?v), "a")
REGEX(?l, "^kor", "i")
REGEX(STR(?l), "or")
REGEX(?l, "^K")
STRSTARTS(STR(?l), "")
?l = "korea"
?l = "Korea"@en
?l != "korea"
"korea" = ?l
isIRI(?s)
isBlank(?s)
isLiteral(?v)
!isIRI(?v)
DATATYPE(?v) = xsd:date
DATATYPE(?l) = xsd:string
?d >= "2015-01-31"^^xsd:date
?d < "2015-05-05"^^xsd:date
"2015-06-01"^^xsd:date >= ?d
?d > "2015-02-30"^^xsd:date
?d = "2015-01-31"^^xsd:date
YEAR(?d) = 2015
YEAR(?d) > 2000 && MONTH(?d) < 6
2015 <= YEAR(?d)
DAY(?d) != 31
YEAR(?d) + 1 = 2016
?n > 1
?n = 1
?n != 1.5
?s = :a
?s != :a
?t = ?s
?t != ?s
STR(?s) < STR(?t)
?s < ?t
?v = ?l
?v != ?l
BOUND(?t)
!BOUND(?l)
!BOUND(?d) || YEAR(?d) = 2015
!(?l = "korea")
?v
!?v
STRLEN(?l) > 3
COALESCE(?l, "x") = "x"
EXISTS { ?s :p ?t }
NOT EXISTS { ?s :q ?w }
EXISTS { ?t :label ?k FILTER(?k != ?l) }
NOT EXISTS { ?s :p* :c }
?s IN (:a, :b)
?s NOT IN (:a)
sameTerm(?s, ?t)
IF(BOUND(?l), STRLEN(?l) > 2, false)
xsd:integer(?n) = 1
?s = ?unknown
""".strip().splitlines()


@st.composite
def groups(draw: st.DrawFn, depth: int = 0) -> str:
    """The inside of a group graph pattern."""
    parts = [draw(patterns()) for _ in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.integers(0, 11))
        if kind < 5:
            parts.append(f"FILTER({draw(st.sampled_from(CONDITIONS))})")
        elif kind == 5 and depth < 2:
            parts.append(f"OPTIONAL {{ {draw(groups(depth + 1))} }}")
        elif kind == 6 and depth < 2:
            parts.append(f"{{ {draw(groups(depth + 1))} }} UNION {{ {draw(groups(depth + 1))} }}")
        elif kind == 7 and depth < 2:
            parts.append(f"MINUS {{ {draw(groups(depth + 1))} }}")
        elif kind == 8:
            value = draw(
                st.sampled_from(["YEAR(?d)", "STR(?l)", "?s", "LANG(?l)", "1", "STRLEN(?l)", "IF(BOUND(?t), ?t, ?s)"])
            )
            parts.append(f"BIND({value} AS ?bound{len(parts)}{depth})")
        elif kind == 9:
            parts.append(
                draw(
                    st.sampled_from(
                        [
                            "VALUES ?s { :a :b :absent }",
                            "VALUES (?s ?t) { (:a :b) (:b :c) (UNDEF :a) }",
                            'VALUES ?l { "Korea"@en "korea" }',
                        ]
                    )
                )
            )
        elif kind == 10 and depth < 1:
            parts.append(f"{{ SELECT DISTINCT ?s ?t {{ {draw(groups(depth + 1))} }} }}")
        elif kind == 11 and depth < 1:
            parts.append(f"{{ SELECT ?s (COUNT(*) AS ?many{depth}) {{ {draw(groups(depth + 1))} }} GROUP BY ?s }}")
    parts = draw(st.permutations(parts)) if draw(st.booleans()) else parts
    return " . ".join(parts)


HEADS = """
* {}
* {}
DISTINCT ?s ?t {}
?s ?l ?d {}
DISTINCT * {}
(COUNT(*) AS ?many) {}
(COUNT(DISTINCT ?s) AS ?many) {}
(COUNT(?l) AS ?many) (COUNT(DISTINCT ?t) AS ?more) {}
?s (COUNT(*) AS ?many) {} GROUP BY ?s
?s ?t (COUNT(DISTINCT ?l) AS ?many) {} GROUP BY ?s ?t
?year (COUNT(*) AS ?many) {} GROUP BY (YEAR(?d) AS ?year)
?s (MIN(?d) AS ?first) (MAX(?d) AS ?last) {} GROUP BY ?s
?s (COUNT(?t) AS ?many) {} GROUP BY ?s HAVING(COUNT(?t) > 1)
?s (MAX(?l) AS ?most) {} GROUP BY ?s
(SUM(?n) AS ?sum) (AVG(?n) AS ?mean) {}
?s (YEAR(?d) AS ?year) (STR(?l) AS ?text) {}
(MIN(?s) AS ?least) {}
?l (COUNT(*) AS ?many) {} GROUP BY ?l HAVING(COUNT(*) >= 2 && STRSTARTS(STR(?l), "K"))
(LANG(?l) AS ?lang) (COUNT(*) AS ?many) {} GROUP BY LANG(?l)
?s (COUNT(*) * 2 AS ?twice) {} GROUP BY ?s
""".strip().splitlines()
"""What stands before and after the pattern."""


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query whose result does not depend on an order that nobody defines."""
    if draw(st.integers(0, 9)) == 0:
        return f"{PREFIXES}ASK {{ {draw(groups())} }}"
    head, _, tail = draw(st.sampled_from(HEADS)).partition("{}")
    return f"{PREFIXES}SELECT {head} WHERE {{ {draw(groups())} }} {tail}"
