"""Sentences from words: full, short, reordered and reworded ways of saying what is true of one object."""

from __future__ import annotations

from .build import Clause, Words
from .colours import COLOUR_WORDS, MATERIAL_WORDS
from .dice import Dice

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ADJECTIVE_WORDS: dict[str, tuple[str, ...]] = {
    "tall": ("tall", "high"),
    "low": ("low", "short"),
    "thin": ("thin", "slim", "slender"),
    "thick": ("thick", "chunky"),
    "wide": ("wide", "broad"),
    "round": ("round", "rounded"),
    "fat": ("fat", "chubby"),
}
NEUTRAL = ("small", "little", "big", "large", "simple", "nice")  # sizes cannot be seen once all are made equally long
OPENINGS = ("3d model of a", "a model of a", "low poly", "a low poly", "a 3d")
LONGEST = 22  # words: what the text network reads
_UNCOUNTED = 0.25  # share of counted clauses told without their number


_PLURALS = ("cherries", "bananas", "glasses", "sunglasses", "eyeglasses", "spectacles", "shades", "lights")


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it, or as it is where it ends in a plural."""
    if phrase.endswith(_PLURALS):
        return phrase
    return ("an " if phrase[0] in "aeiou" and not phrase.startswith(("uni", "use", "one", "eu")) else "a ") + phrase


def _reworded(dice: Dice, word: str, table: dict[str, tuple[str, ...]]) -> str:
    """The word itself in two cases of three, else a synonym."""
    options = table.get(word, (word,))
    return options[0] if dice.chance(0.67) else dice.pick(options)


def clause_phrase(clause: Clause, colour: str, adjective: str, counted: bool) -> str:
    """The clause as a noun phrase: "four thin brown legs", "a red roof", "armrests"."""
    several = clause.count > 1 or (clause.count == 0 and bool(clause.plural))
    words = [w for w in (adjective, colour) if w]
    words.append(clause.plural if several else clause.noun)
    phrase = " ".join(words)
    if clause.count == 1:
        return article(phrase)
    return f"{NUMBERS[clause.count]} {phrase}" if clause.count and counted else phrase


def _say(dice: Dice, clause: Clause) -> str:
    colour = _reworded(dice, clause.colour, COLOUR_WORDS) if clause.colour and dice.chance(0.85) else ""
    adjective = _reworded(dice, clause.adjective, ADJECTIVE_WORDS) if clause.adjective and dice.chance(0.8) else ""
    return clause_phrase(clause, colour, adjective, not dice.chance(_UNCOUNTED))


def _tail(dice: Dice, clauses: list[Clause]) -> str:
    """ " with armrests and four thin legs without a back", or nothing."""
    has = [c for c in clauses if not c.lacking and c.verb == "with"]
    text = ""
    if has:
        said = [_say(dice, c) for c in has]
        text += " with " + (", ".join(said[:-1]) + " and " if len(said) > 1 else "") + said[-1]
    text += "".join(f" {c.verb} {_say(dice, c)}" for c in clauses if not c.lacking and c.verb != "with")
    for c in clauses:
        if c.lacking:
            noun = c.noun if c.noun.endswith("s") else article(c.noun)
            text += f" and no {c.noun}" if has and dice.chance(0.4) else f" without {noun}"
    return text


def _head(dice: Dice, words: Words, adjectives: list[str], colour: bool, material: bool) -> str:
    parts = [_reworded(dice, a, ADJECTIVE_WORDS) for a in adjectives]
    if not words.adjectives and dice.chance(0.1):
        parts.insert(0, dice.pick(NEUTRAL))
    hue = _reworded(dice, words.colour, COLOUR_WORDS) if colour else ""
    stuff = _reworded(dice, words.material, MATERIAL_WORDS) if material and words.material else ""
    if hue == stuff or (hue in ("golden", "gold", "silver") and stuff in ("golden", "gold", "silver")):
        hue = ""
    if len(parts) == 1 and hue and dice.chance(0.15):
        parts = [hue, *parts]  # "red tall lamp": people write so
    elif hue:
        parts.append(hue)
    if stuff:
        parts.append(stuff)
    noun = words.nouns[0] if dice.chance(0.6) else dice.pick(words.nouns)
    return " ".join([*parts, noun])


def _one(dice: Dice, words: Words, form: str) -> str:
    adjectives = dice.shuffled(words.adjectives)[: dice.whole(0, 2)]
    clauses = list(words.clauses)
    colour_told = not words.material or dice.chance(0.5)
    if form == "full":
        return article(_head(dice, words, words.adjectives[:2], True, dice.chance(0.7))) + _tail(dice, clauses[:3])
    if form == "bare":
        return _head(dice, words, [], False, False)
    if form == "colour":
        return _head(dice, words, [], True, False)
    if form == "short":
        return _head(dice, words, adjectives, dice.chance(0.7), dice.chance(0.6))
    if form == "article":
        return article(_head(dice, words, adjectives, True, dice.chance(0.5)))
    some = dice.shuffled(clauses)[: dice.whole(1, 2)]
    if form == "parts":
        head = _head(dice, words, adjectives, colour_told, dice.chance(0.5))
        return (article(head) if dice.chance(0.6) else head) + _tail(dice, some)
    if form == "plain":
        return article(_head(dice, words, [], False, False)) + _tail(dice, some)
    if form == "list":
        said = [_say(dice, c) for c in some if not c.lacking]
        hue = _reworded(dice, words.colour, COLOUR_WORDS)
        return ", ".join([_head(dice, words, [], False, False), hue, *adjectives[:1], *said])
    if form == "is":
        hue = _reworded(dice, words.colour, COLOUR_WORDS)
        what = " and ".join([*adjectives[:1], hue])
        return article(_head(dice, words, [], False, False)) + dice.one(" that is ", ", ", " which is ") + what
    if form == "in":
        hue = _reworded(dice, words.colour, COLOUR_WORDS)
        return article(_head(dice, words, adjectives[:1], False, False)) + " in " + hue
    if form == "model":
        head = _head(dice, words, adjectives, True, dice.chance(0.5))
        opening = dice.pick(OPENINGS)
        return opening[:-1] + article(head) if opening.endswith(" a") else f"{opening} {head}"
    head = _head(dice, words, adjectives, True, False)  # "has"
    said = [_say(dice, c) for c in some if not c.lacking]
    return article(head) + (dice.one(" that has ", " which has ", " having ") + " and ".join(said) if said else "")


_ALWAYS = ("full", "colour", "parts")
_OTHERS = ("bare", "short", "article", "parts", "plain", "list", "is", "in", "model", "has", "full", "short")


def captions(dice: Dice, words: Words) -> tuple[str, ...]:
    """6 to 10 different captions, the full one first, none longer than 22 words."""
    if words.phrases:
        return words.phrases
    wanted = dice.whole(7, 10)
    found: dict[str, None] = {}
    forms = [*_ALWAYS, *dice.shuffled(_OTHERS)]
    for form in forms * 4:
        text = _one(dice, words, form)
        if len(text.replace(",", " ,").split()) <= LONGEST:
            found.setdefault(text)
        if len(found) >= wanted:
            break
    return tuple(found)
