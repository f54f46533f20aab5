"""Values in assembler sources: numbers, symbols, the usual operators, `high` and `low`."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

BINARY: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
UNARY: dict[type, Callable[[int], int]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}
FUNCTIONS: dict[str, Callable[[int], int]] = {
    "high": lambda value: value >> 8 & 0xFF,
    "low": lambda value: value & 0xFF,
}
HERE = "_here"


class AssemblyError(Exception):
    """A source that cannot be assembled; the message names file, line and what is wrong."""


class UnknownSymbolError(AssemblyError):
    """A symbol that is not defined, or not yet."""


def python_form(text: str, scope: str) -> str:
    """The expression in Python's notation: $FF, %101, `@` for the current address, `.name` inside its global label."""
    text = re.sub(r"\$([0-9A-Fa-f_]+)", r"0x\1", text)
    text = re.sub(r"%([01_]+)", r"0b\1", text)
    text = re.sub(r"(?<![\w.])\.(?=[A-Za-z_])", f"{scope}.", text)
    return text.replace("@", HERE)


def evaluate(text: str, symbols: Mapping[str, int], here: int, scope: str) -> int:
    """The value of an expression.

    Args:
        text: the expression; `/` divides whole numbers.
        symbols: values by name, local labels as "global.local".
        here: address of the statement, the value of `@`.
        scope: the global label above the statement.

    Raises:
        UnknownSymbolError: a symbol has no value.
        AssemblyError: this is no expression.
    """
    try:
        tree = ast.parse(python_form(text.strip(), scope).replace("/", "//"), mode="eval")
    except (SyntaxError, ValueError):
        raise AssemblyError(f"{text.strip()!r} is no expression") from None
    return _value(tree.body, {**symbols, HERE: here}, text)


def _value(node: ast.expr, symbols: Mapping[str, int], text: str) -> int:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            return node.value
        if isinstance(node.value, str) and len(node.value) == 1:
            return ord(node.value)
    elif isinstance(node, ast.Name | ast.Attribute):
        name = ast.unparse(node)
        if name in symbols:
            return symbols[name]
        raise UnknownSymbolError(f"the symbol {name!r} is not defined")
    elif isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        return UNARY[type(node.op)](_value(node.operand, symbols, text))
    elif isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        left, right = _value(node.left, symbols, text), _value(node.right, symbols, text)
        if isinstance(node.op, ast.FloorDiv) and right == 0:
            raise AssemblyError(f"{text.strip()!r} divides by zero")
        if isinstance(node.op, ast.LShift | ast.RShift) and not 0 <= right < 32:
            raise AssemblyError(f"{text.strip()!r} shifts by {right}; 0 to 31 bits are allowed")
        return BINARY[type(node.op)](left, right)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        function = FUNCTIONS.get(node.func.id.lower())
        if function is not None:
            return function(_value(node.args[0], symbols, text))
    raise AssemblyError(f"{text.strip()!r} is no expression")
