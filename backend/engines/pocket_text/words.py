"""A text → the tokens that Pocket Text's network reads, and what of it the network does not know. No NumPy in here:
training and inference import the same few lines, so that both read a text alike.

    words = Vocabulary.read(path)              # shipped beside the weights; made by ``Vocabulary.of(captions)``
    read = words.read_text("two Red chiars")   # → Reading
    read.ids    (2, 5, 9)                      # of the tokens, at most MOST
    read.grams  ((17, 902, …), …)              # for each token its hashed trigrams, at most GRAMS
    read.remarks                               # sentences for the user: “chiars” … was taken as “chair”

An id is 0 where there is no token (padding), 1 for a word outside of the vocabulary, from 2 on a word of it. A trigram
is 0 where there is none, else 1 … buckets − 1. What a network makes of a word is the sum of its
word's vector and the mean of its trigrams' vectors; a word outside of the vocabulary has its trigrams alone.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import BadWeights
from ...runtime.weights import REINSTALL, sha256_of
from .spelling import grams, nearest, singular, stable_hash
from .synonyms import ARTICLES, FOREIGN, KINDS, LINKS, NEGATIONS, NUMBERS, POLITE, SAME, STYLES

MOST = 24  # tokens of a text; what comes later is left out, and the user is told
GRAMS = 12  # trigrams of a word
BUCKETS = 2048  # rows of the table of trigrams, the first one unused, unless the vocabulary says otherwise
PAD, UNKNOWN, FIRST = 0, 1, 2
LOOKED_AT = 4000  # characters of a text
SHOWN = 40  # letters of a word that are repeated to the user
SUGGESTED = 12  # unknown words for which a known one is sought
TOLD = 5  # unknown words that are named one by one

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|[^\w\s]")
BREAKS = frozenset(",;:.!?()/|\n")
_PHRASE = max(len(key.split()) for key in (*SAME, *KINDS))


@dataclass(frozen=True)
class Reading:
    """A text as the network sees it. ``ids`` (n ≤ MOST), ``grams`` one tuple a token; ``words`` the token's words.

    ``unknown``: what the network knows nothing of, as the user wrote it. ``taken``: (as written, what it was taken as)
    where that was no plain synonym. ``dropped``: words beyond MOST. ``foreign``: it is hardly English. ``styles``,
    ``negations``: words that would mean much, and that no text it was taught with had.
    """

    ids: tuple[int, ...]
    grams: tuple[tuple[int, ...], ...]
    words: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    foreign: bool = False
    styles: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """How many tokens stand for something: words of the vocabulary that do more than link others."""
        return sum(i >= FIRST and word not in LINKS for i, word in zip(self.ids, self.words, strict=True))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the user is to know of how the text was read, a sentence each."""
        told = []
        if self.foreign:
            told.append("Pocket Text reads English only, and this text does not look like it.")
        told += [f"“{said}” is not a word Pocket Text knows; taken as “{as_}”." for said, as_ in self.taken[:TOLD]]
        if len(self.unknown) == 1:
            told.append(f"“{self.unknown[0]}” is not a word Pocket Text knows; it had no part in this.")
        elif self.unknown:
            names = ", ".join(f"“{word}”" for word in self.unknown[:TOLD])
            more = len(self.unknown) - TOLD
            names += f" and {more} more" if more > 0 else ""
            told.append(f"{names} are not words Pocket Text knows; they had no part in this.")
        if self.negations:
            said = ", ".join(f"“{word}”" for word in self.negations[:TOLD])
            told.append(f"Pocket Text understands no {said}; write what is not wanted as the negative text instead.")
        if self.styles:
            said = ", ".join(f"“{word}”" for word in self.styles[:TOLD])
            told.append(f"Pocket Text makes everything in one style; {said} had no part in this.")
        if self.dropped:
            first = " ".join(self.dropped[:TOLD]) + (" …" if len(self.dropped) > TOLD else "")
            told.append(f"Pocket Text reads {MOST} words; what came after was left out: “{first}”.")
        return tuple(told)


@dataclass(frozen=True)
class _Word:
    text: str  # canonical
    said: str  # as the user wrote it
    sure: bool = True  # False where it was only the nearest kind of thing


@dataclass(frozen=True)
class Vocabulary:
    """The words a network was taught. ``words[i]`` has the id FIRST + i. ``things``: names of what it can make, for
    advice. ``open_``: whether it was taught to read words outside of the vocabulary by their trigrams; otherwise these
    are left out of its tokens.
    """

    words: tuple[str, ...]
    buckets: int = BUCKETS
    things: tuple[str, ...] = ()
    open_: bool = False

    @classmethod
    def of(cls, captions: Iterable[str], least: int = 3, things: Iterable[str] = (), open_: bool = False) -> Vocabulary:
        """From the captions that a network is taught with: every canonical word that occurs ``least`` times."""
        count = Counter(word for caption in captions for word in canonical(caption))
        kept = sorted((word for word, n in count.items() if n >= least), key=lambda word: (-count[word], word))
        return cls(tuple(kept), BUCKETS, tuple(things), open_)

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """What ``write`` wrote. Raises BadWeights where it is missing or none."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            words, things = tuple(raw["words"]), tuple(raw["things"])
            buckets, open_ = raw["buckets"], raw["open"]
            if not all(isinstance(word, str) and word for word in (*words, *things)) or len(set(words)) != len(words):
                raise ValueError("a word is none, or there twice")
            if type(buckets) is not int or not 1 < buckets < 1 << 20 or type(open_) is not bool or not words:
                raise ValueError("a number makes no sense")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadWeights(f"{path.name} cannot be read: {error}.", REINSTALL) from None
        return cls(words, buckets, things, open_)

    def write(self, path: Path, weights: Path | None = None) -> None:
        """As JSON: words, things, buckets, open; where ``weights`` is given, also their size and SHA-256, by which
        both files are known to belong together (``shipped``). A whole file or none: half a vocabulary would be taken
        for all of it later.
        """
        from ...shapes.files.atomic import write_atomically  # which brings NumPy; reading a text needs none

        raw = {"buckets": self.buckets, "open": self.open_, "things": self.things, "words": self.words}
        if weights is not None:
            raw["weights"] = {"size": weights.stat().st_size, "sha256": sha256_of(weights)}
        write_atomically(path, [(json.dumps(raw, ensure_ascii=False, indent=0) + "\n").encode()])

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: FIRST + i for i, word in enumerate(self.words)}

    def read_text(self, text: str) -> Reading:
        """Never raises, whatever ``text`` is."""
        ids: list[int] = []
        hashed: list[tuple[int, ...]] = []
        words: list[str] = []
        unknown: list[str] = []
        taken: list[tuple[str, str]] = []
        dropped: list[str] = []
        sought = 0
        for word in _canonical(text, self._ids):
            here, said = word.text, word.said
            if here not in self._ids and (here in LINKS or here in NEGATIONS):
                continue
            if here not in self._ids:
                guess = ""
                if sought < SUGGESTED and here.isascii() and here not in FOREIGN:
                    sought += 1
                    guess = nearest(here, self.words) or SAME.get(nearest(here, SAME), "")
                if guess in self._ids:
                    here = guess
                    taken.append((said, guess))
                else:
                    unknown.append(said)
                    if not self.open_:
                        continue
            elif not word.sure:
                taken.append((said, here))
            if len(ids) == MOST:
                dropped.append(said)
                continue
            ids.append(self._ids.get(here, UNKNOWN))
            hashed.append(self.hashes(here))
            words.append(here)
        said_words = _split(text)
        foreign = _strange(text) or (bool(unknown) and any(word in FOREIGN for word, _ in said_words))
        styles, negations = (
            _once([said for word, said in said_words if word in some and word not in self._ids])
            for some in (STYLES, NEGATIONS)
        )
        known = (tuple(ids), tuple(hashed), tuple(words))
        return Reading(*known, _once(unknown), _once(taken), tuple(dropped), foreign, styles, negations)

    def hashes(self, word: str) -> tuple[int, ...]:
        """The word's trigrams as 1 … buckets − 1."""
        return tuple(1 + stable_hash(gram) % (self.buckets - 1) for gram in grams(word)[:GRAMS])


def shipped(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of the weights that a vocabulary's file names; (0, "") where there is none, or none is
    named. Never raises, for the list of engines asks it.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))["weights"]
        size, digest = raw["size"], raw["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0, ""
    return (size, digest) if type(size) is int and isinstance(digest, str) else (0, "")


def canonical(text: str) -> list[str]:
    """The words of a text as training counts them: lower case, singular, synonyms replaced, articles left out."""
    return [word.text for word in _canonical(text, None)]


Known = Container[str] | None  # the words that were taught; None while the vocabulary is being made


def _canonical(text: str, known: Known) -> list[_Word]:
    said = _split(text)
    result: list[_Word] = []
    at = 0
    while at < len(said):
        for length in range(min(_PHRASE, len(said) - at), 0, -1):
            plain = [word for word, _ in said[at : at + length]]
            if "" in plain:  # no phrase reaches across a comma
                if length == 1:
                    at += 1
                continue
            found = _phrase(plain, known) if length > 1 else _single(plain[0], known)
            if found is not None:
                written = " ".join(dict.fromkeys(written for _, written in said[at : at + length]))
                result += [_Word(word, written, sure) for word, sure in found]
                at += length
                break
    return result


Found = list[tuple[str, bool]]  # words, and whether each means the same as what was written


def _phrase(words: list[str], known: Known) -> Found | None:
    """What several words stand for together; None where they stand for themselves."""
    last = singular(words[-1])
    if known is not None and len(words) == 2 and min(map(len, words)) > 1 and words[0] + last in known:
        return [(words[0] + last, True)]  # arm chair
    for phrase in (" ".join(words), " ".join([*words[:-1], last])):
        found = _replaced(phrase, known)
        if found is not None:
            return found
    return None


def _single(word: str, known: Known) -> Found:
    """What a word stands for: nothing, what it is known as, what takes its place, or itself in the singular."""
    if " " in word:  # the name of a picture character counts as a whole
        parts = [part for piece in word.split() for part in _single(piece, known)]
        return parts if known is None or all(part in known for part, _ in parts) else [(word, True)]
    if word in ARTICLES or word in POLITE:
        return []
    forms = dict.fromkeys((word, singular(word)))
    taught: Container[str] = known if known is not None else ()
    for form in forms:
        if form in taught:
            return [(form, True)]
    for form in forms:
        if form in NUMBERS:
            return [(NUMBERS[form], True)]
        found = _replaced(form, known)
        if found is not None:
            return found
    for ending, put in (("less", "without {}"), ("ish", "{}")):  # armless, reddish
        stem = word.removesuffix(ending)
        for part in (stem, stem[:-1]) if word.endswith(ending) else ():
            if part in taught:
                return [(piece, True) for piece in put.format(part).split()]
    return [(singular(word), True)]


def _replaced(phrase: str, known: Known) -> Found | None:
    """What the tables have for a phrase, if the network knows it; kinds only where there is no synonym."""
    if phrase in SAME:
        words = SAME[phrase].split()
        if known is None or all(word in known for word in words):
            return [(word, True) for word in words]
    if known is None or (" " in phrase and all(word in known for word in phrase.split())):
        return None
    for kind in (KINDS.get(phrase), KINDS.get(SAME.get(phrase, ""))):
        if kind and all(word in known for word in kind.split()):
            return [(word, False) for word in kind.split()]
    return None


def _split(text: str) -> list[tuple[str, str]]:
    """Lower-case words without accents, each beside what was written; "" for punctuation between them. A picture
    character stands for its name (🪑 is chair).
    """
    words: list[tuple[str, str]] = []
    for piece in _WORD.findall(unicodedata.normalize("NFKC", text[:LOOKED_AT])):
        if unicodedata.category(piece[0]) == "So":
            words.append((unicodedata.name(piece[0], piece[0]).lower().replace("-", " "), piece[0]))
        elif piece[0].isalnum():  # no punctuation, no skin tones
            bare = "".join(c for c in unicodedata.normalize("NFKD", piece.casefold()) if not unicodedata.combining(c))
            bare = re.sub(r"['’](s|re|ll|ve|d|m)?$", "", bare).replace("'", "").replace("’", "")
            written = piece if len(piece) <= SHOWN else piece[: SHOWN - 1] + "…"
            words += [(bare, written)] if bare else []
        elif piece in BREAKS:
            words.append(("", piece))
    return words


def _strange(text: str) -> bool:
    """Whether most letters are of another script than English."""
    letters = [c for c in text[:LOOKED_AT] if c.isalpha()]
    return sum("LATIN" not in unicodedata.name(c, "") for c in letters) * 2 > len(letters)


def _once(items: list[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))
