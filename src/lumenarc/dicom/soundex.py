"""How a name sounds, for fuzzy matching of person names (PS3.4 C.2.2.2.1.1: the algorithm is ours to choose).

American Soundex without its limit of four characters; what is not a Latin letter sounds like itself.
"""

from __future__ import annotations

_CODES = {
    letter: digit
    for digit, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}


def soundex(word: str) -> str:
    """Return the sound of a folded word: its first letter, then the classes of its consonants."""
    if not word or not (word[0].isascii() and word[0].isalpha()):
        return word
    last = _CODES.get(word[0], "")
    sound = word[0]
    for letter in word[1:]:
        code = _CODES.get(letter, "")
        if code and code != last:
            sound += code
        if letter not in "hw":
            last = code
    return sound
