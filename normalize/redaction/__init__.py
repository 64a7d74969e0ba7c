"""Takes secrets out of a payload before anything else sees it.

Three nets, all applied: values under paths that the row declares sensitive; values under names that mean a secret;
values that have the shape of a well-known secret, in plain text, in URLs, in command lines, in embedded documents
and inside base64. What is taken out leaves a marker that keeps the recognisable, harmless mentions
("[redacted; mentions s3://bucket dns:db.example]"), so that dependencies are not lost with the secret.

Owns the decision what is a secret. Refuses to hash or encrypt: nothing derived from a secret is kept.

    names        what a name says about its value
    values       what a value looks like, and whether it is a secret under a name
    shapes       secrets with a recognisable shape
    urls         secrets in the parts of a URL
    commands     secrets among the arguments of a program
    assignments  NAME=VALUE and its like
    forms        names and values in more particular forms
    encodings    base64, escapes
    texts        all of these in a text: scrub
    payloads     and in a document: redact, mask
"""

from normalize.redaction.names import is_secret_name
from normalize.redaction.payloads import MAX_DEPTH, mask, redact
from normalize.redaction.texts import scrub
from normalize.redaction.values import MARK

__all__ = ["MARK", "MAX_DEPTH", "is_secret_name", "mask", "redact", "scrub"]
