"""What can go wrong between us and a server, in words: errors that end a download, hitches that another try mends."""

from __future__ import annotations

import email.utils
import http.client
import re
import socket
import ssl
import time
from email.message import Message
from urllib.parse import urlsplit

from ...errors import JobError

TOO_LONG = 600.0  # seconds a server may ask us to wait before we would rather tell the user


class Offline(JobError):
    """The server cannot be reached at all."""

    code = "offline"


class NotTrusted(JobError):
    """The connection is not the server's own: its certificate does not prove who it is."""

    code = "not_trusted"


class Denied(JobError):
    """401, 403: the file is not for everybody, or not from here."""

    code = "denied"


class NotThere(JobError):
    """404, 410: the file is gone or was renamed."""

    code = "not_there"


class ServerTrouble(JobError):
    """The server is overloaded, broken, silent, or hangs up."""

    code = "server_trouble"


class WrongFile(JobError):
    """What came is not the file that was asked for."""

    code = "wrong_file"


class Hitch(Exception):
    """One try has failed; ``error`` is what to say if all do, ``wait`` the seconds the server asked for."""

    def __init__(self, error: JobError, wait: float = 0.0):
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def of_status(status: int, headers: Message, url: str, with_token: bool) -> Exception:
    """An answer that is no file → the error, or a Hitch where another try may help."""
    host = host_of(url)
    page = page_of(url)
    if status == 401 and not with_token:
        return Denied(
            f"{host} gives this file only to those who are logged in (401).",
            f"Accept its licence on {page}, make an access token there, put it into the environment variable "
            "HF_TOKEN, and try again; or download the file yourself and import it.",
        )
    if status == 401:
        return Denied(
            f"{host} does not accept your access token (401).",
            "Make a new one there, put it into the environment variable HF_TOKEN, and try again.",
        )
    if status == 403:
        return Denied(
            f"{host} refuses to give us this file (403).",
            f"Accept its licence on {page} with the account of your token; if a firewall or your country is the "
            "cause, choose a mirror, or download the file elsewhere and import it.",
        )
    if status in (404, 410):
        return NotThere(
            f"{host} no longer has this file ({status}).",
            "Update Maquette; if you use a mirror, try without it.",
        )
    if status in (407, 511):
        return Denied(
            f"Your network wants you to log in first ({status}).",
            "Open a web page in a browser and log in, or enter the proxy with its name and password.",
        )
    if status == 429:
        wait = _retry_after(headers)
        busy = ServerTrouble(
            f"{host} has given your network too many files lately (429).",
            f"Try again in {max(1, round(max(wait, 60) / 60))} min; what has come is kept.",
        )
        return busy if wait > TOO_LONG else Hitch(busy, wait)
    if status in (408, 425) or status >= 500:
        wait = _retry_after(headers)
        trouble = ServerTrouble(
            f"{host} has trouble of its own ({status}).", "Try again later, or choose a mirror; what has come is kept."
        )
        return trouble if wait > TOO_LONG else Hitch(trouble, wait)
    return ServerTrouble(f"{host} answers with what we do not understand ({status}).", "Try again later.")


def of_exception(error: BaseException, url: str) -> Exception:
    """What Python raised while it connected or read → the error, or a Hitch where another try may help."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):  # URLError wraps what happened
        error = reason
    host = host_of(url)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotTrusted(
            f"The connection to {host} is not safe: {error.verify_message}.",
            "Set the computer's date, or ask whoever runs your network: something stands between you and the server.",
        )
    if isinstance(error, socket.gaierror):
        return Hitch(Offline(f"{host} was not found.", "Connect to the internet, then try again."))
    if isinstance(error, ConnectionRefusedError) or _unreachable(error):
        return Hitch(Offline(f"{host} cannot be reached.", "Check your connection and the proxy, then try again."))
    if isinstance(error, TimeoutError):
        return Hitch(silent(host))
    if "Tunnel connection failed" in str(error) and (status := re.search(r"\b[45]\d\d\b", str(error))):
        return of_status(int(status[0]), Message(), url, False) if status[0] == "407" else Hitch(_proxy(str(status[0])))
    if isinstance(error, (OSError, http.client.HTTPException)):
        told = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
        return Hitch(
            ServerTrouble(f"The connection to {host} broke off ({told[:120]}).", "Try again; what has come is kept.")
        )
    return error if isinstance(error, Exception) else RuntimeError(str(error))


def _proxy(status: str) -> ServerTrouble:
    return ServerTrouble(f"The proxy does not let us through ({status}).", "Check the proxy, or try without it.")


def silent(host: str) -> ServerTrouble:
    return ServerTrouble(f"{host} has stopped sending.", "Try again, or choose a mirror; what has come is kept.")


def host_of(url: str) -> str:
    return urlsplit(url).hostname or "The server"


def page_of(url: str) -> str:
    """The page where a person reads about the file: the repository's, for a hub's address."""
    return re.sub(r"/(resolve|blob|raw)/.*", "", url)


def _unreachable(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, OSError) and ("unreachable" in words or "no route" in words)


def _retry_after(headers: Message) -> float:
    """Seconds, from a number or a date; 0 where nothing sensible is said."""
    said = (headers.get("Retry-After") or "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
