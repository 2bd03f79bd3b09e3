"""Parameters of Nengo objects, compared by value, so that rules with different equations are different rules."""

from __future__ import annotations

from typing import Any

from nengo.params import Parameter, equal


class Value(Parameter):
    """A value that can be compared and hashed, set once."""

    equatable = True

    def __init__(self, name: str) -> None:
        super().__init__(name, readonly=True)

    def equal(self, instance_a: Any, instance_b: Any) -> bool:
        """Whether two objects have the same value."""
        return bool(getattr(instance_a, self.name) == getattr(instance_b, self.name))


class Arrays(Value):
    """Arrays by name, set once."""

    def equal(self, instance_a: Any, instance_b: Any) -> bool:
        """Whether two objects have the same arrays."""
        return bool(equal(getattr(instance_a, self.name), getattr(instance_b, self.name)))

    def hashvalue(self, instance: Any) -> Any:
        """The names of the arrays, which equal objects share."""
        return tuple(sorted(getattr(instance, self.name)))


class Own(Parameter):
    """A value that only the object itself shares: two objects with a parameter of this kind are never merged."""

    def __init__(self, name: str) -> None:
        super().__init__(name, readonly=True)

    def equal(self, instance_a: Any, instance_b: Any) -> bool:
        """Whether two objects are one."""
        return instance_a is instance_b
