"""Leaves in a copy of the catalogue what asks, and takes out what answers.

Known mistakes, judges and references answer exercises, rightly or nearly so. A copy for the room
keeps each exercise's signature, its cases and its drive, and of the rest only what these need.
"""

import ast

ASKS = ("cases", "drive")  # what registers a part that the room needs
ANSWERS = ("judge", "mistake")
_SET_UP = "set_up"  # gives an exercise cases and drive, and a bug that only its judge needs


def strip_answers(folder, *, whole):
    """Rewrite the modules of a package so that nothing in them answers an exercise.

    Parameters
    ----------
    folder : Path
        A copy of ``cnncourse``; its ``catalogue`` is rewritten.
    whole : set of str
        Modules that stay as they are, as ``catalogue.exercise``.
    """
    modules = {}
    for path in sorted((folder / "catalogue").rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        modules[name] = _Module(path, name in whole)
    _mark_needed(modules)
    for module in modules.values():
        module.write()


class _Module:
    """The top level of a module, and which of its statements are needed."""

    def __init__(self, path, is_whole):
        self.path, self.is_whole = path, is_whole
        self.statements = ast.parse(path.read_text(encoding="utf-8")).body
        if not is_whole:
            self.statements = [
                _without_answers(one) for one in self.statements if not _answers(one)
            ]
        self.home = {
            name: statement for statement in self.statements for name in _names_bound(statement)
        }
        self.needed = set(map(id, self.statements if is_whole else self._roots()))
        self.imported = {}  # name here -> (module, name there or None)
        for statement in self.statements:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                inner = statement.module.removeprefix("cnncourse").removeprefix(".")
                for alias in statement.names:
                    self.imported[alias.asname or alias.name] = (inner, alias.name)

    def _roots(self):
        return [statement for statement in self.statements if _is_root(statement)]

    def write(self):
        kept = [statement for statement in self.statements if id(statement) in self.needed]
        used = {name for one in kept if not _is_import(one) for name in _names_used(one)}
        body = [_only(one, used) if _is_import(one) and not self.is_whole else one for one in kept]
        text = ast.unparse(ast.Module([one for one in body if one is not None], []))
        self.path.write_text(text + "\n", encoding="utf-8")


def _mark_needed(modules):
    """Follow names from the roots, within modules and across them."""
    waiting = [
        (module, statement)
        for module in modules.values()
        for statement in module.statements
        if id(statement) in module.needed
    ]
    while waiting:
        module, statement = waiting.pop()
        if _is_import(statement):
            continue
        for name, attributes in _references(statement):
            for there, found in _follow(modules, module, name, attributes):
                if id(found) not in there.needed:
                    there.needed.add(id(found))
                    waiting.append((there, found))


def _follow(modules, module, name, attributes):
    """Find the statements that a name stands for: here, and where it is imported from."""
    if name in module.home:
        yield module, module.home[name]
    home, there = module.imported.get(name, (None, None))
    if home in modules and there in modules[home].home:
        yield modules[home], modules[home].home[there]
    submodule = modules.get(f"{home}.{there}")
    if submodule is not None:
        for attribute in attributes & set(submodule.home):
            yield submodule, submodule.home[attribute]


def _references(statement):
    """Names that a statement uses, each with the attributes taken of it."""
    found = {}
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            found.setdefault(node.id, set())
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return list(found.items())


def _names_used(statement):
    return {name for name, _ in _references(statement)}


def _names_bound(statement):
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if _is_import(statement):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _is_import(statement):
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _only(statement, used):
    """Keep the names of an import that are used; None if there are none."""
    kept = [
        alias
        for alias in statement.names
        if (alias.asname or alias.name).partition(".")[0] in used
    ]
    statement.names = kept
    return statement if kept else None


def _is_root(statement):
    if isinstance(statement, ast.FunctionDef):
        return any(_is_exercise(one) or _attribute(one) in ASKS for one in _decorators(statement))
    if isinstance(statement, ast.For):
        return any(_attribute(node) in ASKS for node in ast.walk(statement))
    return isinstance(statement, ast.Expr)


def _answers(statement):
    """Tell a statement that registers an answer: by decorator, by call, or in a loop."""
    if isinstance(statement, ast.FunctionDef):
        return any(
            _attribute(one) in ANSWERS or _adds(_called(one)) for one in _decorators(statement)
        )
    if isinstance(statement, ast.Expr):
        return _adds(_called(statement.value)) or _attribute(statement.value) in ANSWERS
    return False


def _without_answers(statement):
    """Take the answers out of a statement: a reference's body, what is registered inside."""
    if isinstance(statement, ast.FunctionDef):
        if any(_is_exercise(one) for one in _decorators(statement)):
            statement.body = ast.parse("raise NotImplementedError").body
        else:
            _strip_body(statement)
    if isinstance(statement, ast.For):
        _strip_body(statement)
    if isinstance(statement, ast.Expr) and _called(statement.value) == _SET_UP:
        statement.value.args[1:] = [ast.Constant(None)]
    return statement


def _adds(name):
    return name.lstrip("_").startswith(("add", "adopt"))


def _strip_body(statement):
    statement.body = [one for one in statement.body if not _answers(one)] or [ast.Pass()]


def _decorators(function):
    return function.decorator_list


def _is_exercise(node):
    return _called(node) == "exercise"


def _attribute(node):
    """The last name of ``a.name``, ``a.name(...)`` or ``a.name(...)(...)``."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else None


def _called(node):
    """The name in ``name(...)``, or of a plain decorator."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else ""
