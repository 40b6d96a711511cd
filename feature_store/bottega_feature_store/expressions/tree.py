"""The tree of an expression: literals, columns and calls of the closed function list, all immutable."""

from dataclasses import dataclass
from enum import StrEnum

from bottega.problems import Fault, SpecProblem
from bottega.specs.data import DataType
from bottega_feature_store.types import Scalar


class Kind(StrEnum):
    """What an expression's values are. All numbers are computed as float64; timestamps are UTC."""

    NUMBER = "number"
    STRING = "string"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    NULL = "null"


KIND_OF: dict[str, Kind] = {
    "string": Kind.STRING,
    "bool": Kind.BOOL,
    "timestamp": Kind.TIMESTAMP,
    "date": Kind.TIMESTAMP,
    "int32": Kind.NUMBER,
    "int64": Kind.NUMBER,
    "float32": Kind.NUMBER,
    "float64": Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; timestamps are microseconds."""

    value: Scalar
    kind: Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A value of the record by name, with the type it has there."""

    name: str
    type: DataType

    @property
    def kind(self) -> Kind:
        """What its values are once read into an expression."""
        return KIND_OF[self.type]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list; ``option`` is its literal extra: a time zone, a type, a unit."""

    function: str
    arguments: tuple["Node", ...]
    kind: Kind
    option: str = ""


Node = Literal | Column | Call


class ExpressionProblem(SpecProblem):
    """An expression cannot be used; the code says why, the detail what to write instead."""

    title = "The expression cannot be used"

    def __init__(self, code: str, detail: str, where: str = "") -> None:
        super().__init__(detail, code=code, errors=[Fault(code, detail, got=where or None)])


def columns_of(node: Node) -> list[str]:
    """Return the names of the columns a tree reads, each once, in order."""
    if isinstance(node, Column):
        return [node.name]
    if isinstance(node, Literal):
        return []
    names = [name for argument in node.arguments for name in columns_of(argument)]
    return list(dict.fromkeys(names))
