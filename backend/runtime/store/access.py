"""The way to the servers: addresses, mirror, proxy, token and trust. Opens one address; follows redirects itself.

Only https, except for this computer's own addresses and for a mirror that the user named. The token goes to the
place it was made for, only when that place asks for it, and never along to another.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit

from ... import __version__
from ...errors import BadRequest, JobError
from . import troubles

HUB = "https://huggingface.co"
MAX_HOPS = 8
REDIRECTS = (301, 302, 303, 307, 308)
AGENT = f"Maquette/{__version__}"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True)
class Access:
    """``mirror`` takes the place of huggingface.co; ``proxy`` is an http address, "none", or "" for the system's.

    ``stall`` seconds without a byte (or below ``slowest`` bytes a second on average) end a try; ``tries`` in a row
    that bring nothing end the download; ``pause`` seconds before the second try, doubled each time.
    """

    mirror: str = ""
    proxy: str = ""
    token: str = ""
    stall: float = 30.0
    slowest: int = 1024
    tries: int = 6
    pause: float = 1.0

    def __post_init__(self) -> None:
        for what, address in (("mirror", self.mirror), ("proxy", self.proxy if self.proxy != "none" else "")):
            if address and not _is_web(address):
                shown = f"“{address[:80]}”" if "@" not in address else "What is given"  # it may hold a password
                raise BadRequest(f"{shown} is no address of a {what}.", "Give one like https://example.org:8080.")

    @classmethod
    def from_environment(cls, mirror: str = "", proxy: str = "", environment: Mapping[str, str] = os.environ) -> Access:
        """What is not given comes from MAQUETTE_MIRROR or HF_ENDPOINT, and HF_TOKEN."""
        mirror = mirror or environment.get("MAQUETTE_MIRROR", "") or environment.get("HF_ENDPOINT", "")
        token = environment.get("HF_TOKEN", "") or environment.get("HUGGING_FACE_HUB_TOKEN", "")
        return cls(mirror.rstrip("/"), proxy, token.strip())

    def address(self, url: str) -> str:
        """Where to ask for the file that is published at ``url``. Raises BadRequest for an unsafe address."""
        if self.mirror and url.startswith(HUB + "/"):
            url = self.mirror.rstrip("/") + url[len(HUB) :]
        if not self._allowed(url, url):
            raise BadRequest(f"“{url[:80]}” is no safe address.", "Only https is used, or a mirror that you name.")
        return url

    def open(self, url: str, headers: Mapping[str, str], method: str = "GET") -> Answer:
        """Asks for ``url`` (as ``address`` gave it) and follows where it leads.

        Raises what ``troubles`` makes of everything that is not 200 or 206, Range errors (416) as HTTPError.
        """
        director = self._director()
        start, with_token = url, False
        linked: dict[str, str] = {}
        for _ in range(MAX_HOPS):
            sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", **headers}
            if with_token and _origin(url) == _origin(start):
                sent["Authorization"] = f"Bearer {self.token}"
            try:
                response = director.open(urllib.request.Request(url, headers=sent, method=method), timeout=self.stall)
                if response.status not in (200, 206):  # there are more kinds of success than files
                    response.close()
                    raise troubles.of_status(response.status, response.headers, url, with_token)
                if _origin(url) == _origin(start):
                    linked = linked or _linked(response.headers)
                return Answer(response, start, linked)
            except HTTPError as error:
                with error:
                    if error.code in REDIRECTS and error.headers.get("Location"):
                        if _origin(url) == _origin(start):
                            linked = linked or _linked(error.headers)
                        url = self._next(url, error.headers["Location"])
                    elif error.code in (401, 403) and self._may_send_token(url, start) and not with_token:
                        with_token = True
                    elif error.code == 416:
                        raise
                    else:
                        raise troubles.of_status(error.code, error.headers, url, with_token) from None
            except (JobError, troubles.Hitch):
                raise
            except Exception as error:
                raise troubles.of_exception(error, url) from error
        raise troubles.ServerTrouble(f"{troubles.host_of(start)} sends us in circles.", "Try again later.")

    def _may_send_token(self, url: str, start: str) -> bool:
        home = _origin(self.mirror or HUB)
        private = home[0] == "https" or home[1] in LOOPBACK  # others on the way could read it
        return bool(self.token) and private and _origin(start) == home and _origin(url) == home

    def _next(self, url: str, location: str) -> str:
        try:
            target = quote(urljoin(url, location), safe="%/:=&?~#+!$,;'@()*[]")
        except ValueError:
            target = location
        if not self._allowed(target, url):
            raise troubles.NotTrusted(
                f"{troubles.host_of(url)} sends us to an unsafe address ({target[:60]}).",
                "Try again later, or choose a mirror.",
            )
        return target

    def _allowed(self, url: str, origin: str) -> bool:
        """https anywhere; http only to the mirror, or on this computer where we were there already."""
        try:
            parts, before = urlsplit(url), urlsplit(origin)
            if not parts.hostname or parts.username is not None or parts.port == 0:  # asking for the port checks it
                return False
            if parts.scheme == "https":
                return True
            at_home = parts.hostname in LOOPBACK and before.hostname in LOOPBACK
            at_mirror = bool(self.mirror) and _origin(url) == _origin(self.mirror)
            return parts.scheme == "http" and (at_home or at_mirror)
        except ValueError:
            return False

    def _director(self) -> urllib.request.OpenerDirector:
        """urllib without what we do not want: files, ftp, cookies, redirects behind our back."""
        proxies = None if not self.proxy else {} if self.proxy == "none" else {"http": self.proxy, "https": self.proxy}
        director = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=trust()),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            director.add_handler(handler)
        return director


class Answer:
    """An open answer. ``sha256`` and ``size`` are what the hub itself says of the file, "" and 0 if nothing."""

    def __init__(self, response: http.client.HTTPResponse, asked: str, linked: Mapping[str, str]):
        self.status: int = response.status
        self.headers = response.headers
        self.asked = asked
        self.sha256 = linked.get("sha256", "")
        self.size = int(linked.get("size", "0"))
        self.read = response.read1  # what has come, at most so many bytes; b"" at the end
        self.close = response.close


def trust() -> ssl.SSLContext:
    """The system's certificates; where Python does not find them (as in some bundled Pythons), known places."""
    context = ssl.create_default_context()
    usual = ssl.get_default_verify_paths()
    if sys.platform == "win32" or usual.cafile or (usual.capath and any(Path(usual.capath).iterdir())):
        return context
    bundles = [*_certifi(), *BUNDLES]
    for bundle in bundles:
        if os.path.isfile(bundle):
            context.load_verify_locations(bundle)
            break
    return context


def _certifi() -> list[str]:
    try:
        import certifi  # Blender brings it
    except ImportError:
        return []
    return [certifi.where()]


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _linked(headers: Message) -> dict[str, str]:
    """What huggingface.co tells of a large file before it sends us to where the bytes are."""
    tag = (headers.get("X-Linked-Etag") or "").strip().strip('"').lower()
    size = (headers.get("X-Linked-Size") or "").strip()
    told = {}
    if len(tag) == 64 and set(tag) <= set("0123456789abcdef"):
        told["sha256"] = tag
    if size.isascii() and size.isdigit() and len(size) < 16:
        told["size"] = size
    return told
