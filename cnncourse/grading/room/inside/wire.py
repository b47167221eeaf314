"""Messages over a socket: four bytes of length, then JSON, then what it announces."""

import json
import struct

HEADER = struct.Struct(">I")


def pack(message):
    """Write a message as bytes; raises ValueError where it is no plain JSON."""
    # ASCII only: half a surrogate pair survives as an escape.
    data = json.dumps(message, allow_nan=False).encode("ascii")
    return HEADER.pack(len(data)) + data


def read_exactly(connection, size):
    """Read so many bytes; raises EOFError where the other side is gone."""
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(min(size - len(data), 2**20))
        if not chunk:
            raise EOFError("the other side is gone")
        data += chunk
    return bytes(data)


def read(connection):
    """Read one message, whoever sent it is trusted."""
    (size,) = HEADER.unpack(read_exactly(connection, HEADER.size))
    return json.loads(read_exactly(connection, size))
