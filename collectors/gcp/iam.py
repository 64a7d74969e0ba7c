"""Identity and Access Management: service accounts and their keys."""

from __future__ import annotations

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import members
from normalize.model import Alias, Category, Field

KINDS = (
    row(
        Category.IDENTITY,
        Asset(
            ("iam.googleapis.com/ServiceAccount",),
            "iam.v1.ServiceAccount",
            "//iam.googleapis.com/projects/PROJECT_ID/serviceAccounts/SERVICE_ACCOUNT_EMAIL_OR_ID",
            iam=True,
        ),
        {
            "name": "email",
            "description": "description",
            "suspended": "disabled",
            "principals": Field("$iam", members),
        },
        labels="",
        aliases=(Alias("gcp", "email"),),
        quiet=frozenset({"email", "name", "oauth2ClientId"}),
    ),
)
