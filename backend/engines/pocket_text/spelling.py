"""English spelling, as far as short descriptions of things need it: plurals, slips of the pen, stable hashes."""

from __future__ import annotations

from collections.abc import Iterable

_IRREGULAR = {
    "feet": "foot", "teeth": "tooth", "geese": "goose", "mice": "mouse", "men": "man", "women": "woman",
    "people": "person", "children": "child", "leaves": "leaf", "loaves": "loaf", "shelves": "shelf",
    "knives": "knife", "halves": "half", "wolves": "wolf", "calves": "calf", "scarves": "scarf", "hooves": "hoof",
    "cacti": "cactus", "tori": "torus", "octopi": "octopus", "axes": "axe", "dice": "die", "oxen": "ox",
    "stories": "storey", "storeys": "storey", "movies": "movie", "cookies": "cookie", "pies": "pie", "ties": "tie",
    "shoes": "shoe", "canoes": "canoe", "toes": "toe", "buses": "bus", "lenses": "lens", "vertices": "vertex",
}  # fmt: skip
_UNCHANGED = """
    bus gas lens canvas chess compass cactus octopus torus virus walrus hippopotamus platypus rhinoceros asparagus
    tennis iris this his its is was has as us yes plus minus always thus series species trousers scissors jeans
    shorts binoculars pants christmas atlas bias campus circus citrus focus menu genius lotus mantis pegasus abacus
    triceratops texas paris swiss dais pancreas crocus eucalyptus hibiscus bonus status
"""
_SINGULAR = frozenset(_UNCHANGED.split())

FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193


def singular(word: str) -> str:
    """A lower-case noun without the ending of its plural; other words stay as they are, or lose a harmless s."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in _SINGULAR or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
        return word[:-2]
    return word[:-1]


def stable_hash(text: str) -> int:
    """32 bits of ``text``, the same on every machine and in every release (FNV-1a over UTF-8; Python's own differs
    from one process to the next).
    """
    value = FNV_OFFSET
    for byte in text.encode():
        value = ((value ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    return value


def grams(word: str) -> list[str]:
    """The word's character trigrams with its ends marked, in order: chair → ^ch cha hai air ir$."""
    marked = f"^{word}$"
    return [marked[i : i + 3] for i in range(max(len(marked) - 2, 1))]


def distance(a: str, b: str, most: int) -> int:
    """Least number of letters added, left out, changed or swapped with their neighbour that turns a into b (Damerau
    1964, in the form where no letter is touched twice); ``most`` + 1 where that is more than ``most``.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` is most likely a slip of the pen for, or "".

    Short words differ from one another by little, so that they may differ by less: one slip from four letters on,
    two from seven on. Among equals the one with the same first letter, then the one that shares most trigrams, wins.
    """
    if len(word) < 4 or len(word) > 24:
        return ""
    most = 1 if len(word) < 7 else 2
    own = set(grams(word))
    best, found = (most + 1, True, 0.0, ""), ""
    for other in known:
        if len(other) < 3 or abs(len(other) - len(word)) > most:
            continue
        away = distance(word, other, most)
        if away > most:
            continue
        theirs = set(grams(other))
        rank = (away, word[0] != other[0], -len(own & theirs) / len(own | theirs), other)
        if rank < best:
            best, found = rank, other
    return found
