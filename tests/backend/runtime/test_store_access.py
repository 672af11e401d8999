"""The token goes only where it belongs, redirects only where it is safe, and mirror and proxy are kept to."""

import os
import shutil
import ssl
import subprocess

import pytest
from maquette.backend.errors import BadRequest
from maquette.backend.runtime.store import access as access_module
from maquette.backend.runtime.store.access import HUB, Access, trust
from maquette.backend.runtime.store.troubles import Denied, NotTrusted, ServerTrouble
from store_server import Manners, Server

CONTENT = b"weights" * 100
FILE = "/who/what/resolve/main/w.bin"
HASH = "ab" * 32


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("HF_", "MAQUETTE_", "HUGGING_")):
            monkeypatch.delenv(name)


def asked(access, url):
    answer = access.open(access.address(url), {})
    try:
        body = b""
        while piece := answer.read(1 << 16):
            body += piece
        return answer, body
    finally:
        answer.close()


def tokens(server):
    return [headers.get("Authorization") for _, _, headers in server.asked]


def at(server, path=FILE):
    """The same server under its other name: to a browser, another place."""
    return f"http://localhost:{server.port}{path}"


def test_a_mirror_takes_the_hubs_place():
    with Server(CONTENT) as server:
        _, body = asked(Access(mirror=server.url + "/hub/"), HUB + FILE)
    assert body == CONTENT and server.asked[0][1] == "/hub" + FILE


def test_a_mirror_takes_no_other_place():
    assert Access(mirror="http://127.0.0.1:1").address("https://example.org/w") == "https://example.org/w"
    assert Access(mirror="http://127.0.0.1:1").address(HUB + ".evil.org/w") == HUB + ".evil.org/w"


def test_the_token_goes_only_when_asked_for():
    with Server(CONTENT) as server:
        asked(Access(mirror=server.url, token="secret"), HUB + FILE)
    assert tokens(server) == [None]
    with Server(CONTENT, Manners(status=401), Manners()) as server:
        _, body = asked(Access(mirror=server.url, token="secret"), HUB + FILE)
    assert tokens(server) == [None, "Bearer secret"] and body == CONTENT


def test_the_token_never_goes_elsewhere():
    """Neither along a redirect, nor to another address of the catalogue, nor back in through another door."""
    with Server(CONTENT) as other:
        moved = Manners(status=302, headers={"Location": at(other)})
        with Server(CONTENT, Manners(status=403), moved) as server:
            _, body = asked(Access(mirror=server.url, token="secret"), HUB + FILE)
        assert tokens(server) == [None, "Bearer secret"] and tokens(other) == [None] and body == CONTENT
    with Server(CONTENT, Manners(status=401)) as server:
        with pytest.raises(Denied, match="logged in"):
            asked(Access(token="secret"), server.url + FILE)
        with pytest.raises(Denied, match="logged in"):
            asked(Access(mirror=server.url, token="secret"), at(server))
    assert tokens(server) == [None, None]
    with Server(CONTENT, Manners(status=401)) as other:
        moved = Manners(status=307, headers={"Location": at(other)})
        with Server(CONTENT, moved) as server, pytest.raises(Denied):
            asked(Access(mirror=server.url, token="secret"), HUB + FILE)
    assert tokens(other) == [None]


def test_the_token_stays_with_its_own_server():
    """A redirect within the same server still needs it."""
    moved = Manners(status=302, headers={"Location": "/elsewhere"})
    with Server(CONTENT, Manners(status=401), moved, Manners()) as server:
        asked(Access(mirror=server.url, token="secret"), HUB + FILE)
    assert tokens(server) == [None, "Bearer secret", "Bearer secret"]
    assert server.asked[2][1] == "/elsewhere"


def test_the_token_is_not_shouted_through_the_network():
    """Over plain http anybody on the way could read it."""
    with Server(CONTENT, Manners(status=401)) as proxy, pytest.raises(Denied, match="logged in"):
        asked(Access(mirror="http://mirror.example.org", proxy=proxy.url, token="secret"), HUB + FILE)
    assert tokens(proxy) == [None]


def test_a_token_that_is_refused():
    with Server(CONTENT, Manners(status=401)) as server:
        with pytest.raises(Denied, match="does not accept your access token"):
            asked(Access(mirror=server.url, token="secret"), HUB + FILE)
        assert len(server.asked) == 2
    with Server(CONTENT, Manners(status=403)) as server, pytest.raises(Denied) as caught:
        asked(Access(mirror=server.url, token="secret"), HUB + FILE)
    assert f"{server.url}/who/what with the account" in caught.value.fix


def test_range_and_its_condition_follow_a_redirect():
    with Server(CONTENT) as other, Server(CONTENT, Manners(status=302, headers={"Location": at(other)})) as server:
        answer = Access().open(server.url + FILE, {"Range": "bytes=7-", "If-Range": '"v1"'})
        assert answer.status == 206
        answer.close()
    assert other.asked[0][2]["Range"] == "bytes=7-"


def test_a_circle_ends():
    with Server(CONTENT, Manners(status=302, headers={"Location": FILE})) as server:
        with pytest.raises(ServerTrouble, match="in circles"):
            asked(Access(), server.url + FILE)
        assert len(server.asked) == access_module.MAX_HOPS


@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 226])
def test_a_success_without_a_file_is_none(status):
    with Server(CONTENT, Manners(status=status)) as server, pytest.raises(ServerTrouble, match=str(status)):
        asked(Access(), server.url + FILE)


def test_a_redirect_that_leads_nowhere():
    with Server(CONTENT, Manners(status=302)) as server, pytest.raises(ServerTrouble, match="302"):
        asked(Access(), server.url + FILE)


def test_a_strange_address_of_a_redirect():
    for target in ("http://[:::/", "https://example.org:99999999/w", "https://:80/w"):
        moved = Manners(status=302, headers={"Location": target})
        with Server(CONTENT, moved) as server, pytest.raises(NotTrusted):
            asked(Access(), server.url + FILE)
    with Server(CONTENT, Manners(status=302, headers={"Location": "/a b?c=ü"}), Manners()) as server:
        asked(Access(), server.url + FILE)
    assert server.asked[1][1].startswith("/a%20b?c=")


def test_from_the_internet_no_redirect_leads_to_this_computer():
    access = Access()
    for target in ("http://127.0.0.1/w", "http://localhost:8080/w", "http://huggingface.co/w"):
        with pytest.raises(NotTrusted):
            access._next(HUB + FILE, target)
    assert access._next(HUB + FILE, "https://cdn.example.org/w") == "https://cdn.example.org/w"


def test_what_the_hub_says_of_a_file_is_heard():
    linked = {"X-Linked-Etag": f'"{HASH}"', "X-Linked-Size": "700"}
    with Server(CONTENT) as other:
        moved = Manners(status=302, headers={"Location": at(other), **linked})
        with Server(CONTENT, moved) as server:
            answer, _ = asked(Access(), server.url + FILE)
    assert (answer.sha256, answer.size) == (HASH, 700)


def test_only_the_hub_itself_says_it():
    other_says = Manners(headers={"X-Linked-Etag": f'"{HASH}"'})
    with Server(CONTENT, other_says) as other, Server(CONTENT) as server:
        server.manners = [Manners(status=302, headers={"Location": at(other)})]
        answer, _ = asked(Access(), server.url + FILE)
    assert answer.sha256 == ""
    for nonsense in ('"abc"', "x" * 64, ""):
        said = {"X-Linked-Etag": nonsense, "X-Linked-Size": "-1"}
        with Server(CONTENT, Manners(headers=said)) as server:
            answer, _ = asked(Access(), server.url + FILE)
        assert (answer.sha256, answer.size) == ("", 0)


def test_a_proxy_is_asked_for_everything():
    with Server(CONTENT) as proxy:
        access = Access(mirror="http://mirror.example.org", proxy=proxy.url)
        _, body = asked(access, HUB + FILE)
    assert body == CONTENT and proxy.asked[0][1] == "http://mirror.example.org" + FILE


def test_the_systems_proxy_and_none(monkeypatch):
    with Server(b"by proxy") as proxy, Server(CONTENT) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert asked(Access(), server.url + FILE)[1] == b"by proxy"
        assert asked(Access(proxy="none"), server.url + FILE)[1] == CONTENT


def test_a_proxy_that_refuses(tmp_path):
    with Server(CONTENT, Manners(status=407)) as proxy, pytest.raises(Denied, match="log in first"):
        asked(Access(mirror="http://mirror.example.org", proxy=proxy.url), HUB + FILE)


@pytest.mark.parametrize(
    "address", ["socks5://127.0.0.1:1", "127.0.0.1:3128", "http://", "nonsense", "http://[x", "http://x:y"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(BadRequest, match="no address of a proxy"):
        Access(proxy=address)
    with pytest.raises(BadRequest, match="no address of a mirror"):
        Access(mirror=address)


def test_a_password_is_not_shown():
    with pytest.raises(BadRequest) as caught:
        Access(proxy="socks5://me:secret@127.0.0.1:1")
    assert "secret" not in str(caught.value)


def test_settings_from_the_environment():
    environment = {"HF_ENDPOINT": "https://mirror.org/", "HF_TOKEN": " secret\n"}
    found = Access.from_environment(environment=environment)
    assert (found.mirror, found.token) == ("https://mirror.org", "secret")
    assert Access.from_environment("https://mine.org", environment=environment).mirror == "https://mine.org"
    ours = {**environment, "MAQUETTE_MIRROR": "https://ours.org"}
    assert Access.from_environment(environment=ours).mirror == "https://ours.org"


def test_certificates_are_demanded(monkeypatch, tmp_path):
    context = trust()
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname

    class Nowhere:
        cafile = capath = None

    loaded = []
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    monkeypatch.setattr(access_module.ssl, "get_default_verify_paths", lambda: Nowhere)
    monkeypatch.setattr(access_module, "_certifi", lambda: [str(tmp_path / "missing"), str(bundle)])
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda self, file: loaded.append(file))
    monkeypatch.setattr(access_module.sys, "platform", "linux")
    assert trust().verify_mode == ssl.CERT_REQUIRED and loaded == [str(bundle)]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_server_must_prove_who_it_is(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=toy -addext subjectAltName=IP:127.0.0.1"
    made = subprocess.run(["openssl", *words.split(), "-keyout", key, "-out", certificate], capture_output=True)
    if made.returncode:
        pytest.skip("this openssl is too old")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with Server(CONTENT, tls=tls) as server:
        with pytest.raises(NotTrusted, match=r"The connection to 127\.0\.0\.1 is not safe: self.signed") as caught:
            asked(Access(), server.url + FILE)
        assert "date" in caught.value.fix and server.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert asked(Access(), server.url + FILE)[1] == CONTENT
        with pytest.raises(NotTrusted, match="not safe"):  # a certificate of another name
            asked(Access(), f"https://localhost:{server.port}{FILE}")
