"""Says what a recogniser of English (PocketSphinx, with the model in its package) hears of phrases as a line
carries them, each among all others of its kind.

usage: hear.py FOLDER, which has `phrases.csv` (kind,file,words) and the files, raw 16-bit samples at 8,000 Hz.
Prints for each kind, as JSON, how many were heard as what they are, of how many, and the first that were not; their
words, and how many of these were left out, put in or heard as others.
"""

import array
import csv
import json
import re
import sys
from pathlib import Path

import pocketsphinx

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen""".split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth",
    20: "twentieth", 30: "thirtieth",
}
MODEL = pocketsphinx.get_model_path("en-us")
DICTIONARY = f"{MODEL}/cmudict-en-us.dict"


def number(value):
    if value < 20:
        return ONES[value]
    rest = f" {ONES[value % 10]}" if value % 10 else ""
    return TENS[value // 10] + rest


def ordinal(value):
    if value in ORDINALS:
        return ORDINALS[value]
    if value < 20:
        return f"{ONES[value]}th"
    return f"{TENS[value // 10]} {ordinal(value % 10)}"


def spoken(words):
    """Returns what the recogniser would write."""
    words = re.sub(r"(\d+)(st|nd|rd|th)", lambda found: ordinal(int(found[1])), words)
    words = re.sub(r"\d+", lambda found: number(int(found[0])), words)
    words = words.replace("a.m.", "a m").replace("p.m.", "p m")
    return " ".join(re.sub(r"[^A-Za-z' ]", " ", words).lower().split())


def at_16_khz(samples):
    """Doubles the rate, with the middle between two samples; silence around it."""
    doubled = array.array("h", bytes(9_600))
    before = 0
    for sample in samples:
        doubled.append((before + sample) // 2)
        doubled.append(sample)
        before = sample
    doubled.extend(array.array("h", bytes(9_600)))
    return doubled.tobytes()


def errors(said, heard):
    """Returns how many words must be left out, put in or changed to make one of the other."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        before, row[0] = row[0], place
        for at, other in enumerate(heard, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


def hear(folder, phrases):
    alternatives = {spoken(words) for _, words in phrases}
    decoder = pocketsphinx.Decoder(
        hmm=f"{MODEL}/en-us", dict=DICTIONARY, lm=None, loglevel="FATAL", cmn="batch",
        beam=1e-120, wbeam=1e-100, pbeam=1e-120, lw=1.0, bestpath=False, fwdflat=False,
    )
    grammar = " | ".join(sorted(alternatives))
    decoder.add_jsgf_string("kind", f"#JSGF V1.0;\ngrammar kind;\npublic <kind> = {grammar};\n")
    decoder.activate_search("kind")
    heard, wrong, total, missed = 0, [], 0, 0
    for file, words in phrases:
        samples = array.array("h", (folder / file).read_bytes())
        decoder.start_utt()
        decoder.process_raw(at_16_khz(samples), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        found = found.hypstr if found else ""
        said = spoken(words).split()
        total += len(said)
        missed += errors(said, found.split())
        if found.split() == said:
            heard += 1
        else:
            wrong.append(f"{words}: {found}")
    return {"heard": heard, "of": len(phrases), "wrong": wrong[:40], "words": total, "errors": missed}


def main():
    folder = Path(sys.argv[1])
    with open(DICTIONARY) as lines:
        known = {line.split()[0] for line in lines if line.strip()}
    kinds, unknown = {}, []
    with open(folder / "phrases.csv", newline="") as rows:
        for row in csv.DictReader(rows):
            words = spoken(row["words"])
            if words and all(word in known for word in words.split()):
                kinds.setdefault(row["kind"], []).append((row["file"], row["words"]))
            else:
                unknown.append(row["words"])
    found = {kind: hear(folder, phrases) for kind, phrases in kinds.items()}
    json.dump({"kinds": found, "unknown": unknown}, sys.stdout)


main()
