"""Says whether the DKIM signature of a mail on standard input holds, by dkimpy (Debian: python3-dkim).

The record of the key comes as the only argument, as `savin-hub mail dkim` prints it.
"""

import re
import sys

import dkim

zone = sys.argv[1]
name = zone.split(" ", 1)[0].encode()
text = "".join(re.findall(r'"([^"]*)"', zone)).encode()


def look_up(asked, timeout=5):
    return text if asked == name else None


print(dkim.verify(sys.stdin.buffer.read(), dnsfunc=look_up))
