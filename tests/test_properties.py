"""What holds for every input: calls generated from the rule table, in many layouts, and bytes of any kind."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Fidelity, Options, Scope
from tf2ms_opt.outcomes import Outcome, SiteOutcome
from tf2ms_opt.plan.targets import Choice, runtime_parameters
from tf2ms_opt.rules import Action
from tf2ms_opt.ruleset import Candidate, load
from tf2ms_opt.selfcheck import parse

RULES = load()
#: but for modules as keras.optimizers.rmsprop, which a rule also knows as the lower-case class: they are found twice
OPTIMIZERS = sorted(
    name for name, group in RULES.candidates.items()
    if group[0].rule.kind == "optimizer" and not re.match(r"keras\.optimizers\.[a-z]", name)
)  # fmt: skip
FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*/*/before.py"))
VERSIONS = {"legacy": "2.10", "tf2.11": "2.12", "keras3": "2.16"}
CI = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = [
    "0.5", "1e-3", ".9", "2.5e-4", "1_0.0", "1", "0", "7", "0.0", "-1", "-0.5", "+3", "0x10",
    "10 ** 400 if wide else 1", "None", "True", "False", "'text'", "b'x'", "1j", "...", "(0.25)", "rate", "cfg.rate",
    "cfg['rate']", "self_rate * 2", "rate * 0.5", "2 ** -3", "rate if flag else 0.1", "compute(rate)", "f(*m, **n)",
    "float(rate)", "int(rate)", "np.float32(0.1)", "[0.1, 0.2]", "(bound := 0.5)", "not flag", "rate > 1",
    "lambda step: 0.1", "lambda: rate", "f'{rate}'", "'é' 'ü'", "(rate\n    + 1)", "rates[0]", "await_", "{**more}",
]  # fmt: skip
#: a consumer: lines with {call} for the optimizer, {i} for one step of indentation
CONSUMERS = [
    ["opt = {call}", "net.compile(optimizer=opt, loss='mse')"],
    ["opt: object = {call}", "net.compile(opt, loss='mse')"],
    ["net.compile(optimizer={call}, loss='mse')  # tail"], ["net.compile(loss='mse', optimizer={call})"],
    ["class Trainer:", "{i}def run(self, x):", "{i}{i}self.net.compile(optimizer={call}, loss='mse')"],
    ["class Trainer:", "{i}def __init__(self, net):", "{i}{i}self.net = net", "{i}{i}self.opt = {call}",
     "{i}def run(self):", "{i}{i}self.net.compile(optimizer=self.opt, loss='mse')"],
    ["with strategy.scope():", "{i}net.compile(optimizer={call}, loss='mse')"],
    ["if flag:", "{i}opt = {call}", "{i}net.compile(optimizer=opt, loss='mse')", "else:", "{i}pass"],
    ["for net in nets:", "{i}net.compile(optimizer={call}, loss='mse')"],
    ["if flag: net.compile(optimizer={call}, loss='mse')"], ["x = 1; net.compile({call}, 'mse'); y = 2"],
    ["opt = {call} if flag else None", "net.compile(optimizer=opt, loss='mse')"],
    ["[net.compile({call}, 'mse') for net in nets]"], ["run = lambda net: net.compile({call}, 'mse')"],
    ["async def run(net):", "{i}await train(net.compile(optimizer={call}, loss='mse'))"],
    ["opt = {call}", "opt.apply_gradients(zip(tape.gradient(x, y), net.trainable_variables))"],
    ["opt = hvd.DistributedOptimizer({call})", "net.compile(optimizer=opt, loss='mse')"],
    ["agent = Agent(net, {call})"], ["table['a'] = {call}"], ["opt = {call}"], ["def make():", "{i}return {call}"],
]  # fmt: skip
BEFORE = [
    "'''Text.'''", "net  =  build( 1,2 )  # keep 1", "net = build()", "nets = [net,", "        net]", "x = {  'a':1 }",
]  # fmt: skip
AFTER = ["net.fit( x,y , epochs=3)  # keep 2", "s = '''a", "\tb # no comment", "'''", "", "print (x) ;"]


@dataclass(frozen=True)
class Program:
    """A generated file (``text`` with newlines ``\\n``): its one site at ``start``, and what that was given."""

    text: str
    newline: str
    name: str
    start: int
    call: str
    given: dict[str, str]
    options: Options

    @property
    def data(self) -> bytes:
        return self.text.replace("\n", self.newline).encode()

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the site."""
        return self.text.count("\n", 0, self.start) + 1, self.start - self.text.rfind("\n", 0, self.start)


@st.composite
def arguments(draw: st.DrawFn, candidate: Candidate) -> tuple[list[str], dict[str, str]]:
    """The arguments as written, and source parameter -> text: some by position, others by name in any order."""
    positional = [one for one in candidate.parameters if not one.keyword_only]
    count = draw(st.integers(0, min(3, len(positional) - 1)))
    rest = [one for one in candidate.parameters if one not in positional[:count]]
    named = draw(st.lists(st.sampled_from(rest), unique_by=lambda one: one.name, max_size=4))
    values = {}
    for one in (*positional[:count], *named):
        own = [text for text in (one.default, one.falsy, *one.inert) if text is not None]
        values[one.name] = draw(st.sampled_from(VALUES) | st.sampled_from(own or ["0.1"]))
    equal = draw(st.sampled_from(["=", " = ", "= "]))
    return [*list(values.values())[:count], *(f"{one.name}{equal}{values[one.name]}" for one in named)], values


@st.composite
def calls(draw: st.DrawFn, callee: str, written: list[str], step: str) -> str:
    """The call on one line, with one argument a line, or aligned; comments wherever a line ends."""
    numbers = iter(range(100))

    def comment(template: str) -> str:
        return draw(st.sampled_from(["", "", template.format(f"# note {next(numbers)};")]))

    trailing = "," if written and draw(st.booleans()) else ""
    match draw(st.sampled_from(["line", "rows", "aligned"])):
        case "line":
            return f"{callee}( {', '.join(written)}{trailing})"
        case "rows" if written:
            above, pairs = step + "{}\n", zip(written, [*"," * (len(written) - 1), trailing], strict=True)
            rows = [f"{comment(above)}{step}{text}{comma}{comment('  {}')}\n" for text, comma in pairs]
            return f"{callee}({comment('  {}')}\n{''.join(rows)}{comment(above)})"
        case _:
            pad = "\n" + " " * draw(st.integers(0, 12))
            return f"{callee}({f',{pad}'.join(written)}{trailing})"


@st.composite
def imported(draw: st.DrawFn, name: str) -> tuple[list[str], list[str], str]:
    """The import lines, the lines that give the class another name, and how the class is called then."""
    module, _, cls = name.rpartition(".")
    parent, _, last = module.rpartition(".")
    styles = [
        ([f"import {module}"], [], name),
        ([f"import {module} as ko  # the optimizers"], [], f"ko.{cls}"),
        ([f"from {module} import Other, {cls}"], ["other = Other"], cls),
        ([f"from {module} import {cls} as Rms"], [], "Rms"),
        ([f"from {module} import *"], [], cls),
        ([f"import {module} as ko"], [f"Make = ko.{cls}"], "Make"),
        ([f"from {parent} import {last}"], [], f"{last}.{cls}"),
    ]
    return draw(st.sampled_from(styles if parent else styles[:-1]))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    name = draw(st.sampled_from(OPTIMIZERS))
    candidate = draw(st.sampled_from(RULES.candidates[name]))
    lines, aliases, callee = draw(imported(name))
    written, values = draw(arguments(candidate))
    step = draw(st.sampled_from(["    ", "  ", "\t"]))
    call = draw(calls(callee, written, step))
    body = [line.replace("{i}", step) for line in draw(st.sampled_from(CONSUMERS))]
    before = [*lines, *BEFORE, *aliases]
    if "*" not in lines[0] and draw(st.booleans()):  # imports and all inside a function
        body = ["def scope(net, nets):", *(step + line for line in (*lines, *aliases, *body))]
        before = BEFORE
    text = "\n".join([*before, *body, *AFTER]) + draw(st.sampled_from(["", "\n"]))
    start = text.index("{call}")
    version = st.sampled_from([None, VERSIONS.get(candidate.generation)])
    options = Options(draw(st.sampled_from(Fidelity)), draw(version), scope=Scope.OPTIMIZER)
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return Program(text.replace("{call}", call), newline, name, start, call, values, options)


def _other_lines(text: str) -> str:
    """``text`` without its imports and what stood behind them: those may come and go."""
    ours = ("import ", "from ", "# the optimizers")
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith(ours))


def _expression(text: str) -> ast.expr:
    return ast.parse(f"({text})", mode="eval").body


def _holds(node: ast.expr, text: str) -> bool:
    """Whether ``text`` is still there: as it was inside ``node``, or as an equal number of another type."""
    wanted = _expression(text)
    with suppress(ValueError, TypeError):
        given_value, value = ast.literal_eval(wanted), ast.literal_eval(node)
        return bool((bool(given_value) if isinstance(value, bool) else given_value) == value)
    return ast.dump(wanted) in map(ast.dump, ast.walk(node))


def _arrived(program: Program, outcome: Outcome) -> None:
    """The converted call has the pinned arguments and those given, each with the value that was given."""
    group = RULES.named(program.name)
    candidate = next((one for one in group if one.generation == outcome.generation), group[-1])
    target = (outcome.sites[0].target or "").rpartition(".")[2]
    nodes = [node for node in ast.walk(parse(outcome.after.decode())) if isinstance(node, ast.Call)]
    (call,) = [node for node in nodes if ast.unparse(node.func).rpartition(".")[2] == target]
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    chosen = Choice(target, candidate.target.parameter)
    if target in candidate.source.runtime.classes.values():
        chosen = Choice(target, runtime_parameters(candidate.target, candidate.source.runtime), target)
    given = [one for name in program.given if (one := candidate.parameter(name))]
    mapped = {one.name: to.name for one in given if not one.only_with and (to := chosen.takes(one))}
    loose = {to.name for one in given if one.only_with and (to := chosen.takes(one))}
    pinned = {one.name for one in chosen.parameter if one.pin}
    assert len(call.args) == 1
    assert pinned <= set(keywords) <= pinned | loose | set(mapped.values())
    for name, text in program.given.items():
        parameter = next(one for one in candidate.parameters if one.name == name)
        known = _expression(text)
        empty = isinstance(known, ast.Constant) and not known.value
        place = "learning_rate" if parameter.action is Action.LEARNING_RATE_DECAY else mapped.get(name)
        shadowed = parameter.to == "learning_rate" and name != "lr" and "lr" in mapped
        if place and not shadowed and not (empty and (parameter.to is None or parameter.falsy is not None)):
            inner = [node for node in ast.walk(keywords[place]) if isinstance(node, ast.expr)]
            assert any(_holds(node, text) for node in inner), (name, text, ast.unparse(call))


@settings(CI, max_examples=1500)
@given(programs())
def test_a_generated_call(program: Program) -> None:
    outcome = convert_source(program.data, RULES, program.options)
    assert not outcome.failed, outcome.findings
    assert convert_source(outcome.after, RULES, program.options).after == outcome.after
    before, after = (data.decode().replace(program.newline, "\n") for data in (program.data, outcome.after))
    assert "\r" not in after
    assert [(site.line, site.column) for site in outcome.sites] == [program.place]
    for comment in re.findall(r"#[^\n;]*", before):
        assert after.count(comment) == before.count(comment), comment
    if outcome.sites[0].outcome is SiteOutcome.LEFT:
        assert after == before
        return
    _arrived(program, outcome)
    stop = program.start + len(program.call)
    begin, end = before.rindex("\n", 0, program.start) + 1, before.find("\n", stop)
    assert before[begin : program.start] in after
    assert before[stop:end] in after
    if outcome.sites[0].params != "params":  # a factory's own line changes too
        assert _other_lines(after).startswith(_other_lines(before[:begin]))
    assert _other_lines(after).endswith(_other_lines(before[end:]))


@settings(CI, max_examples=500)
@given(programs(), programs())
def test_two_sites_in_a_file(one: Program, other: Program) -> None:
    """Each is reported once, at its own place, and one that is left keeps its text."""
    text = f"{one.text.rstrip()}\n{other.text}"
    line = one.text.rstrip().count("\n") + 1
    outcome = convert_source(text.encode(), RULES, one.options)
    assert not outcome.failed, outcome.findings
    places = {one.place: one, (other.place[0] + line, other.place[1]): other}
    assert len({(site.line, site.column) for site in outcome.sites}) == len(outcome.sites)
    for site in outcome.sites:
        known = places.get((site.line, site.column))
        # a name that may stand for either class is at the places that name the classes
        text_of_site = (
            known.call if known is not None else text.splitlines()[site.line - 1][site.column - 1 :].split()[0]
        )
        assert site.params or text_of_site in outcome.after.decode()
    whole = replace(one.options, scope=Scope.STEP)
    outcome = convert_source(text.encode(), RULES, whole)
    assert not outcome.failed, outcome.findings
    assert convert_source(outcome.after, RULES, whole).after == outcome.after
    for comment in re.findall(r"#[^\n;]*", text):
        assert outcome.after.decode().count(comment) == text.count(comment), comment


@settings(CI, max_examples=300)
@given(programs())
def test_a_call_is_ignored_or_annotated(program: Program) -> None:
    """Ignored, the file stays as it is, and silent; annotated, it gets comments and nothing else."""
    lines = program.text.split("\n")
    lines[program.place[0] - 1] += "  # tf2ms: ignore"
    ignored = "\n".join(lines).replace("\n", program.newline).encode()
    outcome = convert_source(ignored, RULES, program.options)
    assert (outcome.after, outcome.sites, outcome.findings) == (ignored, (), ())
    annotating = replace(program.options, annotate=True)
    plain, told = (convert_source(program.data, RULES, one) for one in (program.options, annotating))
    assert told.findings == plain.findings
    assert b"".join(re.split(rb"[ \t]*# tf2ms: [^\n]*\n", told.after)) == plain.after
    assert ast.dump(parse(told.after.decode())) == ast.dump(parse(plain.after.decode()))
    assert told.annotated == plain.needs_a_hand
    assert convert_source(told.after, RULES, annotating).after == told.after


def _survives(data: bytes, options: Options | None = None) -> None:
    """The engine neither raises nor breaks ``data``, whatever that is."""
    outcome = convert_source(data, RULES, options)
    assert outcome.before == data
    assert outcome.changed == (outcome.after != data)
    assert convert_source(outcome.after, RULES, options).after == outcome.after
    bugs = [one.message for one in outcome.findings if one.code == "TMO904"]
    assert not bugs


@settings(CI, max_examples=400)
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=8))
def test_any_bytes(data: bytes, more: bytes) -> None:
    _survives(data + b"RMSprop" + more)


@settings(CI, max_examples=2000)
@given(st.data())
def test_a_mutated_fixture(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(FIXTURES)).read_bytes().splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(lines)))
        stop = min(len(lines), start + data.draw(st.integers(0, 3)))
        some, other = lines[start:stop], data.draw(st.sampled_from(FIXTURES)).read_bytes().splitlines(keepends=True)
        piece = data.draw(st.sampled_from([b"# note", b";", b"(", b")", b",", b"\f", b" if x else ", b"\t"]))
        lines[start:stop] = data.draw(st.sampled_from([
            [],
            some[::-1],
            other[data.draw(st.integers(0, len(other))) :],
            [b"    " + line for line in some],
            [line.rstrip(b"\r\n") + b"\r\n" for line in some],
            [line.rstrip(b"\r\n") + piece + b"\n" for line in some],
        ]))  # fmt: skip
        whole = b"".join(lines)
        lines = whole[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))].splitlines(keepends=True)
    _survives(b"".join(lines), Options(annotate=data.draw(st.booleans())))


_CALL = "from keras.optimizers import RMSprop\nnet.compile(optimizer=RMSprop({}), loss='mse')\n"
#: what the engine once failed on
BUGS = [
    _CALL.format("rate := 0.1"),
    _CALL.format(f"rho=1{'0' * 400}"),
    _CALL.format(f"rho={' + '.join(['x'] * 1500)}"),
    _CALL.format("  # all defaults\n"),
    _CALL.format("0.1, clipnorm=(1.0  # norm\n)"),
    _CALL.format("0.1, rho=(1  # rho\n)"),
    _CALL.format("0.1, epsilon=1e-8,  # small\n    clipnorm=1.0"),
    _CALL.format("lr=0.1") + _CALL.format("0.1, weight_decay=0.1"),
    _CALL.format("0.1").replace("RMSprop\n", "(\n    RMSprop,\n    Adam,\n)\n").replace("\n", "\r\n"),
    _CALL.format("0.1").replace("RMSprop\n", "RMSprop\\\n\n"),
    _CALL.format("0.1").replace("net.", "if flag: \\\n    net."),
    _CALL.format("0.1").replace("RMSprop(", "RMSprop\n    ("),
    "@job\nasync def run():\n    import keras\n    net.compile('rmsprop', 'mse')\n",
    "import keras\nmean_square = mean_square_of_optimizer = _mean_square = 1\nnet.compile('rmsprop', 'mse')\n",
]


@pytest.mark.parametrize("text", BUGS)
def test_a_bug_of_the_past(text: str) -> None:
    _survives(text.encode())
