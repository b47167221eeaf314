"""Reads patterns such as ``INPUT -> [[CONV -> RELU]*2 -> POOL?]*3 -> FC`` into lists of words.

Errors point into the text with a caret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

WORDS = ("INPUT", "CONV", "RELU", "POOL", "FC")
MOST_LAYERS = 1000
_TOKEN = re.compile(r"(?P<arrow>->|→)|(?P<sign>[\[\]*?])|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+)")


class PatternError(ValueError):
    """A pattern that cannot be built; the message shows where.

    Parameters
    ----------
    reason : str
        What is wrong, and what to do.
    pattern : str
        The whole pattern.
    position : int
        Column that the caret points at, from 0.
    """

    def __init__(self, reason: str, pattern: str, position: int) -> None:
        start = pattern.rfind("\n", 0, position) + 1  # a pattern may run over several lines
        lines = [pattern[start:].split("\n", 1)[0], " " * (position - start) + "^"]
        super().__init__("\n".join([reason, *lines]))
        self.position = position


@dataclass(frozen=True)
class Word:
    """A layer's word and its place in the pattern.

    Parameters
    ----------
    text : str
        One of `WORDS`.
    position : int
        Column it starts in, from 0.
    """

    text: str
    position: int


def words(
    pattern: str, *, numbers: Mapping[str, int], optional: bool | Iterable[bool]
) -> list[Word]:
    """Read a pattern, and write all its repetitions out.

    Parameters
    ----------
    pattern : str
        Words joined by arrows; square brackets group, ``*3`` or ``*M`` repeats, ``?`` marks what
        may be left out.
    numbers : mapping of str to int
        What the letters behind ``*`` stand for.
    optional : bool or iterable of bool
        Whether what is marked ``?`` is there: all of it, or each in turn.

    Returns
    -------
    list of Word
        The layers in order.

    Raises
    ------
    PatternError
        If the pattern cannot be read.

    Examples
    --------
    >>> [w.text for w in words("INPUT -> [CONV -> RELU]*N", numbers={"N": 2}, optional=True)]
    ['INPUT', 'CONV', 'RELU', 'CONV', 'RELU']
    """
    reader = _Reader(pattern, numbers, optional)
    return reader.all()


class _Reader:
    """A pattern being read, one token after the other."""

    def __init__(self, pattern, numbers, optional):
        self.pattern, self.numbers = pattern, numbers
        self.tokens = list(_tokens(pattern))
        self.next = 0
        self.optional = optional if isinstance(optional, bool) else iter(optional)

    def all(self):
        sequence = self.sequence()
        kind, text, position = self.peek()
        if kind != "end":
            reason = "this ] closes no [" if text == "]" else f"-> is missing before {text}"
            raise self.error(reason, position)
        found = list(self.written_out(sequence))
        if not isinstance(self.optional, bool) and next(self.optional, None) is not None:
            raise self.error("`optional` has more answers than the pattern asks for with ?", 0)
        return found

    def sequence(self):
        items = [self.item()]
        while self.peek()[0] == "arrow":
            self.take()
            items.append(self.item())
        return items

    def item(self):
        kind, text, position = self.take()
        if kind == "word":
            content = Word(self.known(text, position), position)
        elif text == "[":
            content = self.group(position)
        else:
            found = "the pattern ends" if kind == "end" else f"{text} stands"
            raise self.error(f"{found} where a layer or a [ should", position)
        return self.marked(content)

    def group(self, opened):
        content = self.sequence()
        kind, text, position = self.take()
        if kind == "end":
            raise self.error("this [ is never closed", opened)
        if text != "]":
            raise self.error(f"-> or ] is missing before {text}", position)
        return content

    def marked(self, content):
        """Read what stands behind a layer or a group: ? and *."""
        times, is_optional = None, False
        while self.peek()[1] in ("?", "*"):
            _, text, position = self.take()
            if is_optional if text == "?" else times is not None:
                raise self.error(f"a second {text}", position)
            if text == "?":
                is_optional = True
            else:
                times = self.number()
        return content, 1 if times is None else times, is_optional

    def number(self):
        kind, text, position = self.take()
        if kind == "number":
            return int(text)
        if kind == "word" and isinstance(self.numbers.get(text), int):
            return self._not_negative(text, position)
        if kind == "word":
            raise self.error(f"{text} has no value: write a number, or pass N, M or K", position)
        raise self.error("a number is missing behind *", position)

    def _not_negative(self, letter, position):
        if self.numbers[letter] < 0:
            raise self.error(f"{letter} is {self.numbers[letter]}, below 0", position)
        return self.numbers[letter]

    def known(self, text, position):
        if text.upper() in WORDS:
            return text.upper()
        near = difflib.get_close_matches(text.upper(), WORDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(WORDS)}"
        raise self.error(f"no layer is called {text}: {hint}", position)

    def written_out(self, sequence) -> Iterator[Word]:
        found = 0
        for content, times, is_optional in sequence:
            if times > MOST_LAYERS:
                reason = f"{times} times is more than {MOST_LAYERS} layers"
                raise self.error(reason, _start(content))
            for _ in range(times):
                if is_optional and not self.is_there(content):
                    continue
                inside = [content] if isinstance(content, Word) else self.written_out(content)
                for word in inside:
                    found += 1
                    if found > MOST_LAYERS:
                        raise self.error(f"more than {MOST_LAYERS} layers", word.position)
                    yield word

    def is_there(self, content):
        if isinstance(self.optional, bool):
            return self.optional
        answer = next(self.optional, None)
        if answer is None:
            reason = "`optional` has no answer for this ?"
            raise self.error(reason, _start(content))
        return answer

    def peek(self):
        return self.tokens[self.next]

    def take(self):
        token = self.tokens[self.next]
        self.next = min(self.next + 1, len(self.tokens) - 1)
        return token

    def error(self, reason, position):
        return PatternError(reason, self.pattern, position)


def _tokens(pattern):
    position = 0
    while position < len(pattern):
        if pattern[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(pattern, position)
        if match is None:
            raise PatternError(f"{pattern[position]!r} means nothing here", pattern, position)
        yield match.lastgroup, match.group(), position
        position = match.end()
    yield "end", "", len(pattern.rstrip())


def _start(content):
    return content.position if isinstance(content, Word) else _start(content[0][0])
