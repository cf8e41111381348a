"""What the vendor's own library makes of signatures and documents.

signatures: a list of {token, url, form} on standard input, their signatures on standard output.
documents: a list of documents, and the same documents as the library writes them. It fails over a verb or an
attribute that the library does not know.
"""

import inspect
import json
import sys
import xml.etree.ElementTree as tree

from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse


class Form(dict):
    """A form in which a name may come more than once, as the library takes it from web frameworks."""

    def getlist(self, name):
        return self[name]


def signature(request):
    form = Form()
    for name, value in request["form"]:
        form.setdefault(name, []).append(value)
    return RequestValidator(request["token"]).compute_signature(request["url"], form)


def snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def typed(name, value):
    if name in ("numDigits", "timeout", "length"):
        return int(value)
    return {"true": True, "false": False}.get(value, value)


def say_again(element, parent):
    verb = getattr(parent, element.tag.lower())
    known = inspect.signature(verb).parameters
    attributes = {}
    for name, value in element.attrib.items():
        if snake(name) not in known:
            sys.exit(f"{element.tag} has no {name}")
        attributes[snake(name)] = typed(name, value)
    text = (element.text or "").strip()
    if text:
        first = {"Play": "url", "Say": "message", "Redirect": "url", "Dial": "number", "Number": "phone_number"}[element.tag]
        attributes[first] = text
    said = verb(**attributes)
    for inside in element:
        say_again(inside, said)


def document(text):
    response = VoiceResponse()
    read = tree.fromstring(text.encode())
    if read.tag != "Response":
        sys.exit(f"a document of {read.tag}")
    for element in read:
        say_again(element, response)
    return str(response)


def canonical(text):
    return tree.canonicalize(text)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    if sys.argv[1] == "signatures":
        json.dump([signature(request) for request in given], sys.stdout)
    else:
        json.dump([[canonical(text), canonical(document(text))] for text in given], sys.stdout)
