"""The real yaml-language-server, asked as an editor asks it: over stdio, in the language server protocol.

In: the text of a scenario, and where the cursor stands in it. Out: the messages an editor shows, what it proposes, what it says of
the word below the pointer.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["SERVER", "Editor", "Message"]

SERVER = Path(__file__).resolve().parent.parent / ".editor" / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
"""Where `make editor` puts it."""


@dataclass(frozen=True, order=True)
class Message:
    """What an editor shows, where; line and column count from 1."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.text}"


class Editor:
    """One language server, and the files that are open in it."""

    def __init__(self, folder: Path, node: str) -> None:
        self.folder = folder
        self.number = 0
        self.opened = 0
        self.server = subprocess.Popen(
            [node, str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        capabilities = {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}, "hover": {}}}
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        settings = {"yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}}
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": settings}})

    def close(self) -> None:
        """End the server."""
        self.server.kill()
        self.server.communicate()

    def open(self, text: str, name: str = "") -> str:
        """Open a file with this text; what the file is called then."""
        self.opened += 1
        uri = (self.folder / (name or f"scenario{self.opened}.yaml")).as_uri()
        self._send(
            {"method": "textDocument/didOpen", "params": {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}}
        )
        return uri

    def messages(self, text: str) -> list[Message]:
        """What an editor underlines in a text, and what it says there."""
        uri = self.open(text)
        while True:
            heard = self._hear()
            if heard.get("method") == "textDocument/publishDiagnostics" and heard["params"]["uri"] == uri:
                return sorted(
                    Message(one["range"]["start"]["line"] + 1, one["range"]["start"]["character"] + 1, one["message"])
                    for one in heard["params"]["diagnostics"]
                )

    def proposals(self, text: str) -> dict[str, str]:
        """What an editor proposes where `|` stands in a text, each with its description."""
        found = self._at_cursor("textDocument/completion", text)
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: _plain(item.get("documentation", "")) for item in items}

    def hover(self, text: str) -> str:
        """What an editor says when the pointer rests where `|` stands in a text."""
        found = self._at_cursor("textDocument/hover", text)
        return _plain(found["contents"]) if found else ""

    def _at_cursor(self, method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        uri = self.open(before + after)
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": position})

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        """Ask, and read until the answer is there."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            heard = self._hear()
            if heard.get("id") == self.number and "method" not in heard:
                assert "error" not in heard, heard
                return heard["result"]

    def _send(self, message: dict[str, Any]) -> None:
        whole = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.server.stdin
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(whole) + whole)
        self.server.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        """One message of the server; what it asks itself is answered with nothing."""
        assert self.server.stdout
        length = 0
        while (line := self.server.stdout.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        heard: dict[str, Any] = json.loads(self.server.stdout.read(length))
        if "id" in heard and "method" in heard:
            asked = heard["params"].get("items") if isinstance(heard.get("params"), dict) else None
            self._send({"id": heard["id"], "result": [self.settings_of(one) for one in asked] if asked else None})
        return heard

    def settings_of(self, _asked: Any) -> dict[str, Any]:
        """The settings of an editor that has none of its own."""
        return {}


def _plain(content: Any) -> str:
    return content["value"] if isinstance(content, dict) else str(content)
