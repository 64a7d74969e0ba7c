"""Answers of AWS read as plain JSON, by parsers compiled from botocore's own service models.

Owns what becomes of a successful answer's bytes: XML through lxml, JSON through orjson, values through `values.py`.
Refuses everything else: errors, streams, protocols and bodies that it is not compiled for are botocore's to judge, and
so is every answer that surprises it. An answer therefore either equals botocore's, made plain, or is botocore's.
"""

from collectors.aws.parsing.parsers import Parsers
from collectors.aws.parsing.values import plain

__all__ = ["Parsers", "plain"]
