"""Follows the events of a Counterfoil node and hands each to handle(), once and in order. Needs Python 3.9 and nothing else."""
import http.client
import json
import os
import socket
import ssl
import struct
import sys
import time
import urllib.parse

from handle import handle

WATCH = "/counterfoil.query.v1.QueryService/Watch"
FINAL = {"unauthenticated", "permission_denied", "invalid_argument", "unimplemented", "not_found"}  # asking again does not help
LARGEST = 64 << 20  # bytes of a message


class Refused(Exception):
    pass


def connect(url):
    at = urllib.parse.urlsplit(url)
    if at.scheme == "https":
        trust = ssl.create_default_context(cafile=os.environ.get("COUNTERFOIL_CA_FILE"))
        connection = http.client.HTTPSConnection(at.netloc, context=trust)
    else:
        connection = http.client.HTTPConnection(at.netloc)
    connection.connect()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a watch may be silent for hours
    return connection


def exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise ConnectionError("the stream ended")
    return data


def watch(url, token_file, resume):
    """Yields the messages of a watch: each has "events" and the "token" that resumes after them."""
    with open(token_file) as file:
        headers = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": "application/connect+json"}
    request = json.dumps({"token": resume}).encode()
    connection = connect(url)
    try:
        connection.request("POST", WATCH, struct.pack(">BI", 0, len(request)) + request, headers)
        response = connection.getresponse()
        if response.status != 200:
            raise Refused(f"{response.status} {response.reason}: is {url} a node?")
        while True:
            flags, size = struct.unpack(">BI", exactly(response, 5))
            if size > LARGEST:
                raise Refused(f"a message of {size} bytes: is {url} a node?")
            message = json.loads(exactly(response, size))
            if not flags & 2:
                yield message
                continue
            error = message.get("error", {})
            if error.get("code") in FINAL:
                raise Refused(error.get("message", error["code"]))
            raise ConnectionError(error.get("message", "the watch ended"))
    finally:
        connection.close()


def load():
    """Where to go on: the token, and how long events.txt was when it was given."""
    try:
        with open("state.json") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"token": "", "length": 0}


def save(state):
    """Whole or not at all: written beside, synced, and renamed."""
    with open("state.json.new", "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace("state.json.new", "state.json")


def main():
    url, token_file = os.environ.get("COUNTERFOIL_URL"), os.environ.get("COUNTERFOIL_TOKEN_FILE")
    if not url or not token_file:
        raise Refused("set COUNTERFOIL_URL and COUNTERFOIL_TOKEN_FILE")
    state, wait = load(), 1
    with open("events.txt", "ab") as out:
        while True:
            try:
                out.truncate(state["length"])  # what was written of a message that was not finished comes again
                for message in watch(url, token_file, state["token"]):
                    for event in message.get("events", []):
                        out.write(handle(event).encode() + b"\n")
                    out.flush()
                    os.fsync(out.fileno())
                    state = {"token": message["token"], "length": os.fstat(out.fileno()).st_size}
                    save(state)
                    wait = 1
            except (OSError, http.client.HTTPException) as error:
                print(f"{error}; asking again in {wait} s", file=sys.stderr)
                time.sleep(wait)
                wait = min(2 * wait, 30)


if __name__ == "__main__":
    try:
        main()
    except Refused as refusal:
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        pass
