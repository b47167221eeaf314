"""Makes a cell's outputs of what came out of the room; believes none of it."""

import json

MOST_OUTPUTS = 500  # of one cell
MOST_MESSAGES = 20_000  # of one cell, shown or not
MOST_PARTS = 1_000_000  # brackets and commas of one message: each may cost 100 bytes to read
MOST_TEXT = 2**20  # characters of one stream of one cell, of an error's parts together
MOST_DEPTH = 40  # of a JSON display
MOST_KINDS = 20  # representations of one display
LEFT_OUT = "[more outputs of this cell are left out]\n"


def stream(name, text):
    """Make an output of text."""
    return {"output_type": "stream", "name": name, "text": text}


def error(name, reason, traceback):
    """Make an output of an error."""
    return {"output_type": "error", "ename": name, "evalue": reason, "traceback": traceback}


class Nonsense(ValueError):  # noqa: N818, the name says what it is
    """What arrived is nothing that a notebook's cell can show."""


class CellOutputs:
    """The outputs of one cell, as they arrive.

    Parameters
    ----------
    count : int
        The cell's execution count; what the room says of it is not asked.
    displays : dict
        Displays of the whole notebook by their id, for later updates.
    """

    def __init__(self, count, displays):
        self.outputs = []
        self._count = count
        self._displays = displays
        self._clear_first = False
        self._messages = 0

    def add(self, output):
        """Take one output.

        Parameters
        ----------
        output : object
            Anything that JSON can say.

        Raises
        ------
        Nonsense
            If it is no output.
        """
        self._messages += 1
        if self._messages > MOST_MESSAGES:
            raise Nonsense(f"more than {MOST_MESSAGES} outputs of one cell")
        kind = output.get("output_type") if isinstance(output, dict) else None
        add = self._ADD.get(kind) if isinstance(kind, str) else None
        if add is None:
            raise Nonsense(f"an output of type {kind!r:.80}")
        add(self, output)

    def _append(self, output):
        """Keep an output; tell whether there was room for it."""
        if self._clear_first:
            self.outputs.clear()
            self._clear_first = False
        if len(self.outputs) < MOST_OUTPUTS:
            self.outputs.append(output)
            return True
        if len(self.outputs) == MOST_OUTPUTS:
            self.outputs.append(stream("stdout", LEFT_OUT))
        return False

    def _stream(self, output):
        name, text = output.get("name"), _text(output, "text")
        if name not in ("stdout", "stderr"):
            raise Nonsense("a stream that is neither stdout nor stderr")
        last = self.outputs[-1] if self.outputs and not self._clear_first else None
        if last is not None and (last["output_type"], last.get("name")) == ("stream", name):
            last["text"] += text[: MOST_TEXT - len(last["text"])]
        else:
            self._append(stream(name, text[:MOST_TEXT]))

    def _display(self, output):
        made = {
            "output_type": "display_data",
            "data": _data(output),
            "metadata": _metadata(output),
        }
        identity = _display_id(output)
        if self._append(made) and identity:
            self._displays.setdefault(identity, []).append(made)

    def _update(self, output):
        data, metadata = _data(output), _metadata(output)
        for shown in self._displays.get(_display_id(output), ()):
            shown["data"], shown["metadata"] = data, metadata

    def _result(self, output):
        self._append(
            {
                "output_type": "execute_result",
                "data": _data(output),
                "metadata": _metadata(output),
                "execution_count": self._count,
            }
        )

    def _error(self, output):
        lines = output.get("traceback")
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise Nonsense("an error whose traceback is no list of text")
        trace = plain("\n".join(lines))[:MOST_TEXT].split("\n")
        name, value = _text(output, "ename")[:200], _text(output, "evalue")[:MOST_TEXT]
        self._append(error(name, value, trace))

    def _clear(self, output):
        if output.get("wait") is True:
            self._clear_first = True
        else:
            self.outputs.clear()

    _ADD = {  # noqa: RUF012, a table of methods that nobody changes
        "stream": _stream,
        "display_data": _display,
        "update_display_data": _update,
        "execute_result": _result,
        "error": _error,
        "clear_output": _clear,
    }


def read_message(data):
    """Read bytes as one message.

    Returns
    -------
    message : dict

    Raises
    ------
    Nonsense
        If they are no JSON object, or one that nests too deeply or holds NaN.
    """
    if sum(data.count(sign) for sign in (b"[", b"{", b",")) > MOST_PARTS:
        raise Nonsense("JSON of far too many parts")
    try:
        message = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Nonsense(f"no JSON: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise Nonsense("JSON, but no object")
    return message


def plain(text):
    """Replace half surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def _text(output, key):
    text = output.get(key)
    if not isinstance(text, str):
        raise Nonsense(f"an output whose {key} is no text")
    return plain(text)


def _data(output):
    data = output.get("data")
    if not isinstance(data, dict) or len(data) > MOST_KINDS:
        raise Nonsense("a display without representations")
    for kind, value in data.items():
        is_json = kind == "application/json" or kind.endswith("+json")
        if "/" not in kind or len(kind) > 200 or not (is_json or isinstance(value, str)):
            raise Nonsense(f"a representation of type {kind!r:.80} that is no text")
    return _clean(data)


def _metadata(output):
    metadata = output.get("metadata", {})
    if not isinstance(metadata, dict):
        raise Nonsense("metadata that is no object")
    return _clean(metadata)


def _display_id(output):
    transient = output.get("transient")
    identity = transient.get("display_id") if isinstance(transient, dict) else None
    return identity if isinstance(identity, str) and len(identity) < 200 else None


def _clean(value, depth=0):
    """Copy JSON with plain text in it."""
    if depth > MOST_DEPTH:
        raise Nonsense("JSON that nests too deeply")
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_clean(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {plain(key): _clean(one, depth + 1) for key, one in value.items()}
    return value
