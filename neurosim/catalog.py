"""Names -> rules, tasks, engines, realisations, observables, profiles. The folders are the registry; nothing else is.

A name may carry parameters, `tbptt:k=8,stride=4`, and may be a file or a module of the user's own: `./my_rule.py`,
`my_package.my_rule`. Python of the user's is run only when the user names it so.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
import typing
import zlib
from dataclasses import fields
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from neurosim import limits
from neurosim.contents import FOLDERS, KINDS, names, profile_folder, summary
from neurosim.engine import Engine
from neurosim.errors import NeurosimError, unknown
from neurosim.observable import Observable
from neurosim.profile import Profile
from neurosim.rule import Rule
from neurosim.spikes import Realisation
from neurosim.task import Task

__all__ = [
    "FOLDERS",
    "KINDS",
    "engine",
    "names",
    "observable",
    "profile",
    "profile_folder",
    "realisation",
    "rule",
    "source",
    "summary",
    "task",
]

BASES: dict[str, type] = {"rule": Rule, "task": Task, "observable": Observable}


def rule(name: str) -> Rule:
    """The rule of a name, with its parameters."""
    made: Rule = _make("rule", name)
    return made


def task(name: str) -> Task:
    """The task of a name, with its parameters."""
    made: Task = _make("task", name)
    return made


def observable(name: str) -> Observable:
    """The observable of a name, with its parameters."""
    made: Observable = _make("observable", name)
    return made


def engine(name: str) -> Engine:
    """The engine of a name, in one of its variants if the name says so: `brian2:cython`, `nengo:network`."""
    found: Engine = _variant("engine", name)
    return found


def realisation(name: str) -> Realisation:
    """The spiking realisation of a name, in one of its variants if the name says so: `brian2:integrate`."""
    found: Realisation = _variant("realisation", name)
    return found


def _variant(kind: str, name: str) -> Any:
    """A module, or what it is with its `run` in a variant."""
    stem, _, variant = name.partition(":")
    module: Any = _module(kind, stem)
    if not variant:
        return module
    option, variants = getattr(module, "VARIANTS", ("", ()))
    if variant not in variants:
        raise unknown(f"variant of the {kind} {stem}", variant, variants)
    return types.SimpleNamespace(**vars(module) | {"run": partial(module.run, **{option: variant})})


def profile(name: str) -> Profile:
    """The profile of a name, or of a TOML file of the user's own, or some of its limits (see `limits`)."""
    whole, part = limits.split(name)
    if part:
        return profile(whole).part(name, part)
    if name.endswith(".toml"):
        return _profile_in(Path(name))
    if name.split(":")[0] == "fixed":
        return Profile.plain(name)
    if name not in names("profile"):
        raise unknown("profile", name, names("profile"))
    return _profile_in(profile_folder() / f"{name}.toml")


def _profile_in(path: Path) -> Profile:
    return _read_profile(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=64)
def _read_profile(path: Path, changed: int) -> Profile:
    """Read again when the file has changed."""
    return Profile.read(path)


def source(name: str) -> Path | None:
    """The file that a name stands for, if it is one of the user's own."""
    stem = name.split(":")[0]
    if stem.endswith((".py", ".toml")):
        return Path(stem)
    try:
        spec = importlib.util.find_spec(stem) if "." in stem and "/" not in stem else None
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _make(kind: str, name: str) -> Any:
    stem, _, given = name.partition(":")
    found = _only_class(_module(kind, stem), BASES[kind], stem)
    values = {}
    for part in filter(None, given.split(",")):
        key, equals, text = part.partition("=")
        if not equals:
            raise NeurosimError(f"{kind} {name!r}: {part!r} must be NAME=VALUE; {_parameters(found)}")
        values[key.strip()] = _parsed(found, name, key.strip(), text.strip())
    return found(**values)


def _parsed(found: type, name: str, key: str, text: str) -> Any:
    hints = typing.get_type_hints(found)
    if key not in {field.name for field in fields(found)}:
        raise NeurosimError(f"{name!r}: nothing is called {key!r}; {_parameters(found)}")
    for kind in typing.get_args(hints[key]) or (hints[key],):
        if kind is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind in (int, float, str):
            try:
                return kind(text)
            except ValueError:
                continue
    raise NeurosimError(f"{name!r}: {key} is {text!r}; it must be {_type_name(hints[key])}")


def _parameters(found: type) -> str:
    hints = typing.get_type_hints(found)
    listed = [f"{field.name} ({_type_name(hints[field.name])}, {field.default!r})" for field in fields(found)]
    return f"there are: {', '.join(listed)}" if listed else "it has no parameters"


def _type_name(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return " or ".join(words[kind] for kind in typing.get_args(hint) or (hint,) if kind in words)


def _module(kind: str, name: str) -> types.ModuleType:
    if name in names(kind):
        return importlib.import_module(f"neurosim.{FOLDERS[kind]}.{name}")
    if name.endswith(".py"):
        path = Path(name)
        if not path.is_file():
            raise NeurosimError(f"{kind} {name!r}: there is no such file")
        return _loaded(path, path.stat().st_mtime_ns)
    if "." in name and "/" not in name:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise NeurosimError(f"{kind} {name!r}: {error}; name a module that can be imported, or a file") from None
    raise unknown(kind, name, names(kind))


@cache
def _loaded(path: Path, modified: int) -> types.ModuleType:
    """A Python file of the user's as a module, run once for each time that it is modified."""
    name = f"neurosim_user_{path.stem}_{zlib.crc32(bytes(path.resolve())):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except NeurosimError as error:
        raise NeurosimError(f"{path}: {error}") from None
    except Exception as error:
        line = next((frame.lineno for frame in reversed(inspect.trace()) if frame.filename == str(path)), None)
        where = f"{path}, line {line}" if line else str(path)
        raise NeurosimError(f"{where}: {type(error).__name__}: {error}") from None
    return module


def _only_class(module: types.ModuleType, base: type, name: str) -> type:
    """The one subclass that a module defines."""
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        listed = ", ".join(each.__name__ for each in found) or "none"
        raise NeurosimError(f"{name!r} must define one subclass of neurosim.{base.__name__}; it has: {listed}")
    return found[0]
