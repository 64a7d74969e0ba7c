"""The least-privilege read-only policy of a scan, from the rows, as JSON, Terraform and CloudFormation.

Refuses to know an action that no row calls, beyond what finding accounts and regions needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collectors.aws.errors import action
from collectors.aws.kinds import KINDS
from collectors.aws.rows import all_calls
from normalize.errors import ConfigError
from normalize.model import Kind

ROLE = "StocktakeReadOnly"
SCOPE_ACTIONS = (
    "sts:GetCallerIdentity",
    "ec2:DescribeRegions",
    "organizations:ListAccounts",
    "ssm:GetParametersByPath",
)
"""Who we are, where to look, and what AWS says is offered where (public parameters)."""
EVERYTHING = ("*",)
RESOURCES = {
    "ssm:GetParametersByPath": ("arn:*:ssm:*:*:parameter/aws/service/*",),
    "apigateway:GET": (
        "arn:*:apigateway:*::/apis*",
        "arn:*:apigateway:*:*:/domainnames*",
        "arn:*:apigateway:*::/restapis*",
        "arn:*:apigateway:*::/usageplans",
        "arn:*:apigateway:*::/vpclinks*",
    ),
}
"""Reads that are allowed on some things only. Parameters of the account's own hold values that are not ours to see, and so do
API Gateway's keys, which the one action that reads all of it would show: /apikeys and /usageplans/ID/keys."""
POLICY_CHARACTERS = 6144
"""Characters of a managed policy, without white space. Source: AWS re:Post knowledge center, "How can I increase the
default managed policy or character size limit for an IAM role or user?", read 2026-11-24."""
FORMATS = ("json", "terraform", "cloudformation")


def actions(kinds: Iterable[Kind] = KINDS) -> list[str]:
    """IAM actions that the kinds need, sorted: listings, details, lookups, and what the rows add."""
    found = set(SCOPE_ACTIONS)
    for kind in kinds:
        found.update(kind.needs)
        found.update(action(call.service, call.operation) for call in all_calls(kind.fetch))
    return sorted(found)


def policy(kinds: Iterable[Kind] = KINDS) -> dict[str, Any]:
    """The whole IAM policy as one document, with one statement per service, and one to enter other accounts by the role.
    Every read is one that takes no resource to narrow it down to beforehand, hence the star."""
    enter = {
        "Sid": "EnterAccounts",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": f"arn:*:iam::*:role/{ROLE}",
    }
    return _document([*_statements(kinds), enter])


def parts(kinds: Iterable[Kind] = KINDS) -> list[dict[str, Any]]:
    """What a role that is assumed needs, as documents that each fit into a managed policy."""
    documents: list[dict[str, Any]] = []
    for statement in _statements(kinds):
        if documents and _size(_document([*documents[-1]["Statement"], statement])) <= POLICY_CHARACTERS:
            documents[-1]["Statement"].append(statement)
        else:
            documents.append(_document([statement]))
    return documents


def _statements(kinds: Iterable[Kind]) -> list[dict[str, Any]]:
    by_service: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in actions(kinds):
        by_service.setdefault((name.partition(":")[0], RESOURCES.get(name, EVERYTHING)), []).append(name)
    return [
        {"Sid": _sid(service, things), "Effect": "Allow", "Action": names, "Resource": _shortest(things)}
        for (service, things), names in sorted(by_service.items())
    ]


def _shortest(things: tuple[str, ...]) -> str | list[str]:
    return things[0] if len(things) == 1 else list(things)


def _sid(service: str, things: tuple[str, ...]) -> str:
    return ("Read" if things == EVERYTHING else "ReadSome") + re.sub(r"\W", "", service.title())


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _size(document: Mapping[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def render(format: str = "json") -> str:
    """The policy as text: "json" the document; "terraform" and "cloudformation" a role that may be assumed by one
    identity and holds it, cut into managed policies. Equal input gives equal text.

    Raises:
        ConfigError: no such format.
    """
    if format == "json":
        return json.dumps(policy(), indent=2) + "\n"
    if format == "terraform":
        return _terraform(parts())
    if format == "cloudformation":
        return json.dumps(_cloudformation(parts()), indent=2) + "\n"
    raise ConfigError(f"permissions aws: {format!r} is no format; accepted: {', '.join(FORMATS)}")


def _terraform(documents: Sequence[Mapping[str, Any]]) -> str:
    policies = "".join(_terraform_policy(n, document) for n, document in enumerate(documents, 1))
    return f"""\
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }}
  }}
}}

variable "trusted_principal_arn" {{
  description = "ARN of the identity that Stocktake runs as; it alone may assume the role."
  type        = string
}}

variable "external_id" {{
  description = "External id that must be sent along; empty for none."
  type        = string
  default     = ""
}}

data "aws_iam_policy_document" "trust" {{
  statement {{
    actions = ["sts:AssumeRole"]
    principals {{
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }}
    dynamic "condition" {{
      for_each = var.external_id == "" ? [] : [var.external_id]
      content {{
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }}
    }}
  }}
}}

resource "aws_iam_role" "stocktake" {{
  name               = "{ROLE}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}}

{policies}output "role_arn" {{
  value = aws_iam_role.stocktake.arn
}}
"""


def _terraform_policy(number: int, document: Mapping[str, Any]) -> str:
    statements = "\n".join(_statement(s) for s in document["Statement"])
    return f"""\
data "aws_iam_policy_document" "read_{number}" {{
{statements}
}}

resource "aws_iam_policy" "read_{number}" {{
  name   = "{ROLE}{number}"
  policy = data.aws_iam_policy_document.read_{number}.json
}}

resource "aws_iam_role_policy_attachment" "read_{number}" {{
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_{number}.arn
}}

"""


def _statement(statement: Mapping[str, Any]) -> str:
    things = statement["Resource"]
    names = "\n".join(f'      "{name}",' for name in statement["Action"])
    return f"""\
  statement {{
    sid = "{statement["Sid"]}"
    actions = [
{names}
    ]
    resources = {json.dumps([things] if isinstance(things, str) else things)}
  }}"""


def _cloudformation(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "TrustedPrincipalArn"}},
        "Action": "sts:AssumeRole",
        "Condition": {
            "Fn::If": [
                "HasExternalId",
                {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
                {"Ref": "AWS::NoValue"},
            ]
        },
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Role that Stocktake assumes to read this account. It allows no change.",
        "Parameters": {
            "TrustedPrincipalArn": {
                "Type": "String",
                "Description": "ARN of the identity that Stocktake runs as; it alone may assume the role.",
            },
            "ExternalId": {
                "Type": "String",
                "Default": "",
                "Description": "External id that must be sent along; empty for none.",
            },
        },
        "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": ROLE,
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                },
            },
            **{
                f"Policy{number}": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {
                        "ManagedPolicyName": f"{ROLE}{number}",
                        "PolicyDocument": dict(document),
                        "Roles": [{"Ref": "Role"}],
                    },
                }
                for number, document in enumerate(documents, 1)
            },
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
