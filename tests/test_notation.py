"""Index notation: what may be written, what it becomes, and what is said of anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import notation
from neurosim.errors import NeurosimError
from neurosim.notation import (
    LETTERS,
    Binary,
    Block,
    Expression,
    Index,
    Number,
    Read,
    Same,
    Scalar,
    Statement,
    Sum,
    parse,
)

NAMES = ("trace", "W_rec", "r", "x2", "past")
letters = st.sampled_from(sorted(LETTERS))
places = st.one_of(
    st.tuples(st.just(Index), letters),
    st.tuples(st.just(Index), st.none(), st.integers(0, 9)),
    st.tuples(st.just(Index), st.just("s"), st.integers(-9, -1)),
)
leaves = st.one_of(
    st.tuples(st.just(Number), st.floats(0.0, 1e6)),
    st.tuples(st.just(Scalar), st.sampled_from(("alpha", "lr", "decay"))),
    st.tuples(st.just(Read), st.sampled_from(NAMES), st.lists(places, min_size=1, max_size=3).map(tuple)),
    st.tuples(st.just(Same), letters, letters),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just(Binary), st.sampled_from("+-*/"), inner, inner), st.tuples(st.just(Sum), letters, inner)
    ),
    max_leaves=12,
)
"""Types and what they are made of, nested; `made` makes it (types checked at run time draw random numbers)."""


def made(plan: Any) -> Any:
    if not isinstance(plan, tuple):
        return plan
    parts = tuple(map(made, plan))
    return parts[0](*parts[1:]) if isinstance(parts[0], type) else parts


def statement(text: str) -> Statement:
    (block,) = parse(text)
    (only,) = block.statements
    return only


def whole(expression: Expression) -> Statement:
    """A statement of that value; its target has no letter, so each loose letter of the value is summed over."""
    present = sorted(notation.free(expression))
    for letter in present:
        expression = Sum(letter, expression)
    return Statement(Read("q", (Index(None, 0),)), expression)


def well_formed(expression: Expression) -> bool:
    """What the grammar lets through: a sum has its letter in it, sums inside it have others, none over s reads back."""
    return all(
        node.letter in notation.free(node.body)
        and not any(isinstance(inner, Sum) and inner.letter == node.letter for inner in notation.walk(node.body))
        and not (node.letter == "s" and any(i.letter and i.offset for r in notation.reads(node) for i in r.indices))
        for node in notation.walk(expression)
        if isinstance(node, Sum)
    )


# --- what is written is what is read --------------------------------------------------------------------------------


@given(expressions)
def test_an_expression_shown_is_the_same_when_read(plan):
    asked = whole(made(plan))
    if well_formed(asked.value):
        assert statement(str(asked)) == asked
    else:
        with pytest.raises(NeurosimError):
            statement(str(asked))


@given(expressions)
def test_shown_text_keeps_the_value_of_the_arithmetic(plan):
    """With each read, sum and delta a plain number, Python finds in the text what the tree says."""

    def number(node: Expression) -> Expression:
        return node if isinstance(node, Binary | Number) else Number(float(len(repr(node)) % 7 + 1))

    def value(node: Expression) -> float:
        match node:
            case Binary(operator, left, right):
                a, b = value(left), value(right)
                return {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}[operator]
            case Number(number):
                return number
        raise TypeError(node)

    def divides_by_nothing(node: Expression) -> bool:
        return any(isinstance(n, Binary) and n.operator == "/" and value(n.right) == 0 for n in notation.walk(node))

    plain = notation.transform(made(plan), number)
    if not divides_by_nothing(plain):
        assert eval(notation.show(plain)) == value(plain)


def test_each_word_of_the_grammar():
    read = statement("q[s, i] = before(q[s, i]) - 2 * sum(j, W[i, j] * (a - 1e-3)) + sum(k, k2[k])")
    assert read.target == Read("q", (Index("s"), Index("i")))
    assert read.value == Binary(
        "+",
        Binary(
            "-",
            Read("q", (Index("s"), Index("i")), before=True),
            Binary(
                "*",
                Number(2.0),
                Sum("j", Binary("*", Read("W", (Index("i"), Index("j"))), Binary("-", Scalar("a"), Number(0.001)))),
            ),
        ),
        Sum("k", Read("k2", (Index("k"),))),
    )
    assert statement("q[i, k] = (i == k)").value == Same("i", "k")
    assert statement("q[s, i] = q[s-2, i]").value == Read("q", (Index("s", -2), Index("i")))
    assert statement("q[0, i] = p[3, i]") == Statement(
        Read("q", (Index(None, 0), Index("i"))), Read("p", (Index(None, 3), Index("i")))
    )


def test_a_sign_is_a_product_with_minus_one():
    assert statement("q[i] = -r[i]").value == Binary("*", Number(-1.0), Read("r", (Index("i"),)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(a + b) * c", "(a + b) * c"),
        ("a + b * c", "a + (b * c)"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a / (b / c)", "a / (b / c)"),
        ("((a))", "a"),
        ("0.1", "0.1"),
        ("0.1234567890123", "0.1234567890123"),
    ],
)
def test_brackets_stand_where_they_are_needed(text, shown):
    assert notation.show(statement(f"q[i] = {text}").value) == shown


# --- lines and headers ----------------------------------------------------------------------------------------------


def test_lines_that_begin_with_an_operator_go_on_with_the_one_before():
    long = """
        q[i] = r[i]          # a comment
             + 2 * r[i]

             # a whole line of it
             - r[i] / 3
             * alpha
             / 2
        p[i] = q[i]
    """
    one, other = parse(long)[0].statements
    assert one == statement("q[i] = r[i] + 2 * r[i] - r[i] / 3 * alpha / 2")
    assert str(other) == "p[i] = q[i]"


def test_headers_say_when_what_is_below_them_runs():
    text = """
        a[i] = r[i]
      every stride steps:
        b[i] = r[i]
      each step:
        c[i] = r[i]
      backward:
        d[i] = r[i]
      end of trial:
        e[i] = r[i]
        f[i] = r[i]
    """
    blocks = parse(text)
    assert [(block.when, block.period, [s.target.name for s in block.statements]) for block in blocks] == [
        ("each step", None, ["a"]),
        ("every", "stride", ["b"]),
        ("each step", None, ["c"]),
        ("backward", None, ["d"]),
        ("end", None, ["e", "f"]),
    ]


def test_a_header_with_nothing_below_it_is_nothing():
    assert parse("backward:\nend of trial:\n q[i] = r[i]") == (Block("end", (statement("q[i] = r[i]"),)),)


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n", "each step:"])
def test_no_equations_are_no_blocks(text):
    assert parse(text) == ()


# --- what is said of anything else ----------------------------------------------------------------------------------

KINDS = (
    "an expression is made of numbers, names, NAME[indices], + - * /, coin(), sqrt(...), sum(index, ...), "
    "sum(projection, ...), before("
)
PLACES = ", ".join(f"{letter} ({domain})" for letter, domain in LETTERS.items())


@pytest.mark.parametrize(
    ("line", "named", "may"),
    [
        ("at noon:", "'at noon'", "'each step:', 'every NAME steps:', 'backward:', 'end of trial:'"),
        ("every 3 steps:", "'every 3 steps'", "'every NAME steps:'"),
        ("end:", "'end'", "'end of trial:'"),
        ("q[i] = = r[i]", "not an equation", "invalid syntax"),
        ("q[i] = (r[i]", "not an equation", "never closed"),
        ("r[i] + 1", "NAME[indices] = expression", ""),
        ("q[i] += r[i]", "NAME[indices] = expression", ""),
        ("q[i] = p[i] = r[i]", "NAME[indices] = expression", ""),
        ("import os", "NAME[indices] = expression", ""),
        ("q[i] = r[i]; p[i] = r[i]", "NAME[indices] = expression", ""),
        ("q = r[i]", "the left side must be NAME[indices]", ""),
        ("q.real[i] = r[i]", "'q.real' is not a name", ""),
        ("q[i] = r(t)[i]", "'r(t)' is not a name", ""),
        ("q[i] = r[i] ** 2", "'r[i] ** 2' cannot stand here", KINDS),
        ("q[i] = r[i] @ r[i]", "cannot stand here", KINDS),
        ("q[i] = exp(r[i])", "'exp(r[i])' cannot stand here", KINDS),
        ("q[i] = __import__('os')", "cannot stand here", KINDS),
        ("q[i] = r[i] if a else b", "cannot stand here", KINDS),
        ("q[i] = 'word'", "\"'word'\" cannot stand here", KINDS),
        ("q[i] = True", "'True' cannot stand here", KINDS),
        ("q[i] = 1j", "'1j' cannot stand here", KINDS),
        ("q[i] = (i < j)", "'i < j' cannot stand here", KINDS),
        ("q[i] = (i == 0)", "'i == 0' cannot stand here", KINDS),
        ("q[i] = sum(W[i, j])", "cannot stand here", "sum(index, ...)"),
        ("q[i] = sum(j, W[i, j], 0)", "cannot stand here", "sum(index, ...)"),
        ("q[i] = before(2 * q[i])", "cannot stand here", "before(NAME[indices])"),
        ("q[i] = r[t]", "'t' is no index", PLACES),
        ("q[i] = sum(t, r[t])", "'t' is no index", PLACES),
        ("q[i] = (i == t)", "'t' is no index", PLACES),
        ("q[i] = p[s+1, i]", "'s + 1' is no index", f"a letter ({PLACES}), 's-1', or a number"),
        ("q[i] = p[-1, i]", "'-1' is no index", "'s-1', or a number"),
        ("q[i] = p[0.5, i]", "'0.5' is no index", "'s-1', or a number"),
        ("q[i] = p[True, i]", "'True' is no index", "'s-1', or a number"),
        ("q[i] = p[:, i]", "':' is no index", "'s-1', or a number"),
        ("q[i] = r[i-1]", "'i - 1' is no index", "'s-1', or a number"),
        ("q[i, i] = r[i]", "names each index once", ""),
        ("q[s-1, i] = p[s, i]", "without an offset", ""),
        ("q[j, s] = q[j, s-1]", "s stands first on the left", "q[s, ...]"),
        ("q[i] = r[j]", "index 'j' stands only on the right", "sum(j, ...)"),
        ("q[i] = (i == k)", "index 'k' stands only on the right", "sum(k, ...)"),
        ("q[0, i] = p[s-1, i]", "index 's' stands only on the right", "sum(s, ...)"),
        ("q[i] = sum(i, r[i])", "index 'i' is summed over and stands on the left too", "use another letter"),
        ("q[i] = sum(j, r[i])", "the sum over 'j' has no 'j' in it", ""),
        ("q[i] = sum(j, r[j] * sum(j, W[i, j]))", "'j' is summed over twice", "use another letter"),
        ("q[i] = sum(s, p[s-1, i])", "a sum over s", "cannot read back"),
        ("q[i] = before(r[i])", "before(...) may read only what the equation computes, q, not r", ""),
        ("q[i] = sum(j, W[i, j] * q[j])", "q[j] is read while q is being written", "before(q[j])"),
        ("q[s, i] = q[0, i]", "q[0, i] is read while q is being written", "before(q[0, i])"),
        ("q[0, i] = q[1, i]", "q[1, i] is read while q is being written", "before(q[1, i])"),
        ("q[i] = 1e999", "1e999", "larger than any finite"),
    ],
)
def test_what_cannot_be_written(line, named, may):
    with pytest.raises(NeurosimError) as raised:
        parse(line)
    assert named in str(raised.value) and may in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_line_that_is_wrong_is_named():
    with pytest.raises(NeurosimError, match=r"^in 'q\[i\] = p\[t\] \+ 1': 't' is no index"):
        parse("p[i] = r[i]\nq[i] = p[t]   # here\n + 1\nw[i] = r[i]")


@pytest.mark.parametrize(
    "line",
    [
        "q[i] = q[i] + r[i]",
        "q[i] = sum(j, W[i, j] * before(q[j]))",
        "q[s, j] = q[s-1, j]",
        "q[s, j] = sum(i, W[i, j] * q[s-1, i])",
        "q[s, j] = before(q[s-1, j])",
        "q[s, j] = before(q[0, j])",
        "q[k, i, j] = sum(l, W[k, l] * before(q[l, i, j]))",
    ],
)
def test_what_an_equation_may_read_of_what_it_writes(line):
    assert str(statement(line)) == line


# --- taking expressions apart ---------------------------------------------------------------------------------------


def value(text: str, target: str = "q[i]") -> Expression:
    return statement(f"{target} = {text}").value


def test_free_letters_are_those_not_summed_over():
    assert notation.free(value("2 * alpha")) == set()
    assert notation.free(value("r[i] * sum(j, W[i, j])")) == {"i"}
    assert notation.free(value("sum(j, sum(k, P[i, j, k]))")) == {"i"}
    assert notation.free(value("(i == k) * p[0, s-1]", "q[s, i, k]")) == {"i", "k", "s"}


def test_walk_meets_every_part_once_from_outside_in():
    met = list(notation.walk(value("1 + sum(j, W[i, j] * a)")))
    assert [type(node).__name__ for node in met] == ["Binary", "Number", "Sum", "Binary", "Read", "Scalar"]


def test_reads_are_in_the_order_of_the_text():
    found = notation.reads(value("before(q[i]) - sum(j, W[i, j] * r[j])"))
    assert list(map(str, found)) == ["before(q[i])", "W[i, j]", "r[j]"]


def test_factors_of_a_product_stand_left_to_right():
    shown = list(map(notation.show, notation.factors(value("a * (b * (c + d)) * r[i] / e"))))
    assert shown == ["a * (b * (c + d)) * r[i] / e"]
    shown = list(map(notation.show, notation.factors(value("a * (b * (c + d)) * (r[i] / e)"))))
    assert shown == ["a", "b", "c + d", "r[i] / e"]


@given(expressions)
def test_transform_reaches_every_part_and_otherwise_changes_nothing(plan):
    expression, met = made(plan), []
    assert notation.transform(expression, lambda node: met.append(node) or node) == expression
    assert sorted(map(repr, met)) == sorted(map(repr, notation.walk(expression)))
