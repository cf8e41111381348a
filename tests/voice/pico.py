"""SVOX Pico as a text-to-speech command of the hub: text on standard input, WAV on standard output.

usage: pico.py VOICE, as en-US or es-ES, with `py-nanotts` from PyPI: its engine and its voices (Apache-2.0) in one
wheel. Beside it the shipped voice is measured by tests/suites/voice.rs.
"""

import sys
import wave

from py_nanotts import NanoTTS


def main():
    sound = NanoTTS().speak(sys.stdin.read(), voice=sys.argv[1])
    with wave.open(sys.stdout.buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(sound)


main()
