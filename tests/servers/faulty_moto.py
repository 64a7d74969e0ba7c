"""A moto server that can be made to fail: throttling, refusals, server errors, half answers, cut connections.

In a process: `server = serve(); server.fail(service="ec2", action="DescribeVpcs", kind="denied"); server.close()`.
As a program: `python faulty_moto.py [PORT]` prints its address and serves until it is ended.
Over HTTP: POST, DELETE and GET of /_fault add a rule, forget all rules and counts, and show both.

`server.guarded = True` lets nobody do what the policies of its user or role do not allow; see iam_gate.py.

A rule: `service`, `region`, `action` (regular expressions, whole match), `text` (one that the body holds), `kind` (throttle, denied, error,
optin, malformed, drop, gone), `times` (how often; -1 for ever), `after` (how many matching calls go well first).
Moto leaves out ListFeatureGroups, forgets a training job's Environment, and breaks when asked for all capacity providers or
for the tags of what it does not tag; that is made good here, from what moto holds or was told. A read that moto does not implement at all is answered like an account that has none of it, and
counted in `empty`; a write that it does not implement fails.
"""

from __future__ import annotations

import collections
import io
import json
import logging
import os
import re
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from functools import cache
from typing import Any

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

import botocore.session
from moto import backends
from moto.core.responses import ActionResult
from moto.core.routing import ServiceOperationRouter
from moto.ecs.models import EC2ContainerServiceBackend
from moto.iam.access_control import IAMPolicyStatement
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sagemaker.responses import SageMakerResponse
from werkzeug.datastructures import Headers
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")  # of a service that moto knows in some regions only

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
# kind -> protocol -> (HTTP status, error code), as each protocol says it
_ERRORS = {
    "throttle": {
        "ec2": (503, "RequestLimitExceeded"),
        "query": (400, "Throttling"),
        "json": (400, "ThrottlingException"),
        "rest-json": (429, "TooManyRequestsException"),
        "s3": (503, "SlowDown"),
    },
    "denied": {
        "ec2": (403, "UnauthorizedOperation"),
        "query": (403, "AccessDenied"),
        "json": (400, "AccessDeniedException"),
        "rest-json": (403, "AccessDeniedException"),
        "s3": (403, "AccessDenied"),
    },
    "error": {
        "ec2": (500, "InternalError"),
        "query": (500, "InternalFailure"),
        "json": (500, "InternalServerException"),
        "rest-json": (500, "ServiceException"),
        "s3": (500, "InternalError"),
    },
    "optin": {
        "ec2": (401, "AuthFailure"),
        "query": (403, "InvalidClientTokenId"),
        "json": (400, "UnrecognizedClientException"),
        "rest-json": (403, "UnrecognizedClientException"),
        "s3": (403, "InvalidAccessKeyId"),
    },
    "gone": {
        "ec2": (400, "InvalidLaunchTemplateId.NotFound"),
        "query": (404, "NoSuchEntity"),
        "json": (400, "ResourceNotFoundException"),
        "rest-json": (404, "ResourceNotFoundException"),
        "s3": (404, "NoSuchBucket"),
    },
}
# Operations of REST services by method and path: those that tests fail.
_REST = (
    ("eks", "GET", r"/clusters", "ListClusters"),
    ("eks", "GET", r"/clusters/[^/]+", "DescribeCluster"),
    ("eks", "GET", r"/clusters/[^/]+/node-groups", "ListNodegroups"),
    ("eks", "GET", r"/clusters/[^/]+/node-groups/[^/]+", "DescribeNodegroup"),
    ("lambda", "GET", r"/2015-03-31/functions/?", "ListFunctions"),
    ("elasticfilesystem", "GET", r"/2015-02-01/file-systems", "DescribeFileSystems"),
    ("elasticfilesystem", "GET", r"/2015-02-01/mount-targets", "DescribeMountTargets"),
)
_S3_QUERIES = {
    "location": "GetBucketLocation",
    "encryption": "GetBucketEncryption",
    "versioning": "GetBucketVersioning",
    "tagging": "GetBucketTagging",
    "publicAccessBlock": "GetPublicAccessBlock",
    "policyStatus": "GetBucketPolicyStatus",
    "acl": "GetBucketAcl",
    "policy": "GetBucketPolicy",
    "ownershipControls": "GetBucketOwnershipControls",
    "replication": "GetBucketReplication",
    "lifecycle": "GetBucketLifecycleConfiguration",
    "notification": "GetBucketNotificationConfiguration",
    "object-lock": "GetObjectLockConfiguration",
}


def _list_feature_groups(self: Any) -> ActionResult:
    keys = ("FeatureGroupName", "FeatureGroupArn", "CreationTime", "FeatureGroupStatus")
    groups = [group.describe() for group in self.sagemaker_backend.feature_groups.values()]
    return ActionResult({"FeatureGroupSummaries": [{k: g[k] for k in keys if k in g} for g in groups]})


def _create_training_job(self: Any) -> Any:
    result = _create_job(self)
    job = self.sagemaker_backend.training_jobs[self._get_param("TrainingJobName")]
    job.given_environment = self._get_param("Environment") or {}
    return result


def _describe_training_job(self: Any) -> ActionResult:
    name = self._get_param("TrainingJobName")
    body = self.sagemaker_backend.describe_training_job(name)
    return ActionResult({**body, "Environment": self.sagemaker_backend.training_jobs[name].given_environment})


def _list_tags(self: Any) -> Any:
    try:
        return _tags(self)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ActionResult({"Tags": []})


if not hasattr(SageMakerResponse, "list_feature_groups"):
    _tags = SageMakerResponse.list_tags
    SageMakerResponse.list_tags = _list_tags
    _create_job = SageMakerResponse.create_training_job
    SageMakerResponse.list_feature_groups = _list_feature_groups
    SageMakerResponse.create_training_job = _create_training_job
    SageMakerResponse.describe_training_job = _describe_training_job


_providers_by_name = EC2ContainerServiceBackend.describe_capacity_providers


def _describe_capacity_providers(self: Any, names: list[str] | None) -> Any:
    return _providers_by_name(self, list(self.capacity_providers) if names is None else names)


EC2ContainerServiceBackend.describe_capacity_providers = _describe_capacity_providers  # type: ignore[method-assign]

_MODULES = frozenset(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: _MODULES  # moto reads its folder at every request
IAMPolicyStatement._match = staticmethod(cache(IAMPolicyStatement._match))  # type: ignore[method-assign]  # a regular expression each

_READ = re.compile(r"(?:Describe|List|Get|BatchGet|BatchDescribe|Search)[A-Z]")


@cache
def _services() -> dict[str, list[Any]]:
    """Models of the services that the rows call, by the name that requests are signed with."""
    from collectors.aws.kinds import KINDS
    from collectors.aws.rows import all_calls

    session = botocore.session.Session()
    found: dict[str, list[Any]] = {}
    for name in sorted({"sts", "ssm"} | {call.service for kind in KINDS for call in all_calls(kind.fetch)}):
        model = session.get_service_model(name)
        found.setdefault(model.signing_name, []).append(model)
    return found


_LEARNING = threading.Lock()


def _operation(request: Request, signed: str) -> Any:
    """botocore's model of the operation that a request calls; None where the rows call no such service."""
    with _LEARNING:  # models take seconds to load: once, not once for every request that waits for them
        _services()
    fits = [o for model in _services().get(signed, ()) for o in _operations(request, model)]
    return max(fits, key=_exactness, default=None)


def _exactness(operation: Any) -> tuple[int, int]:
    """How much of a path an operation spells out: two services that are signed alike share a host."""
    uri = operation.http.get("requestUri", "")
    return len(re.sub(r"\{[^}]+\}", "", uri.partition("?")[0])), len(uri)


def _operations(request: Request, model: Any) -> Iterator[Any]:
    prefix, _, action = request.headers.get("X-Amz-Target", "").rpartition(".")
    smithy = re.fullmatch(r"/service/(\w+)/operation/(\w+)", request.path)
    if smithy:
        prefix, action = smithy.groups()
    elif not prefix and "form" in (request.content_type or ""):
        form = urllib.parse.parse_qs(request.get_data(cache=True).decode())
        prefix, action = model.metadata.get("targetPrefix"), form.get("Action", ["?"])[0]
    if action:
        if prefix == model.metadata.get("targetPrefix") and action in model.operation_names:
            yield model.operation_model(action)
        return
    fits = [o for o in map(model.operation_model, model.operation_names) if _is_at(request, o.http)]
    yield from sorted(fits, key=lambda o: len(o.http["requestUri"]), reverse=True)


def _is_at(request: Request, http: Any) -> bool:
    pattern, wanted = _place(http["requestUri"])
    sent = request.environ["REQUEST_URI"].partition("?")[0]  # as it came: an ARN in it holds slashes
    return request.method == http["method"] and wanted <= set(request.args) and bool(pattern.fullmatch(sent))


@cache
def _place(uri: str) -> tuple[re.Pattern[str], set[str]]:
    """What a path of an operation has to look like, and the names that its query has to hold."""
    path, _, query = uri.partition("?")
    pattern = re.sub(r"\\{[^}]+\+\\}", ".+", re.escape(path.rstrip("/")))
    pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", pattern) + "/?"
    return re.compile(pattern), {q.partition("=")[0] for q in query.split("&") if q}


def _nothing(operation: Any) -> Response:
    """An answer of the operation's shape in which every list is empty and nothing else stands."""
    protocol, shape = operation.service_model.resolved_protocol, operation.output_shape
    members = shape.members if shape else {}
    lists = {m.serialization.get("name", k): [] for k, m in members.items() if m.type_name == "list"}
    headers = {"x-amzn-RequestId": "0"}
    if "json" in protocol:
        return Response(json.dumps(lists), 200, headers, content_type="application/x-amz-json-1.1")
    if "cbor" in protocol:
        headers["smithy-protocol"] = "rpc-v2-cbor"
        return Response(b"\xa0", 200, headers, content_type="application/cbor")
    name = operation.name
    if protocol == "ec2":
        return Response(
            f"<{name}Response><requestId>0</requestId></{name}Response>", 200, headers, content_type="text/xml"
        )
    inner = f"<{name}Result/><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
    return Response(f"<{name}Response>{inner}</{name}Response>", 200, headers, content_type="text/xml")


_ROUTES = threading.Lock()


def _backend(service: str) -> Any:
    """Moto's application of a service. Werkzeug makes syntax trees of routes, and CPython 3.11.7 loses count of their depth when
    two threads make some at once ("AST constructor recursion depth mismatch")."""
    with _ROUTES:
        return create_backend_app(service)


def _router(self: ServiceOperationRouter, protocol: str, plain: Any = ServiceOperationRouter._get_router) -> Any:
    """Moto's router of a protocol, made at its first request, for the same reason one at a time."""
    with _ROUTES:
        return plain(self, protocol)


ServiceOperationRouter._get_router = _router  # type: ignore[method-assign]


class FaultyMoto:
    """The WSGI application: counts every call, applies the first rule that fits, otherwise asks moto.

    Attributes:
        calls: how often (service as signed, region, operation) was called.
        empty: how often (botocore's service, operation) was answered with nothing, because moto does not implement it.
        guarded: whether IAM stands before every service.
        allowed, refused: how often IAM allowed an action, and did not.
    """

    def __init__(self) -> None:
        self.url = ""
        self.calls: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self.empty: collections.Counter[tuple[str, str]] = collections.Counter()
        self.guarded = False
        self.refused: collections.Counter[str] = collections.Counter()
        self.allowed: collections.Counter[str] = collections.Counter()
        self._moto = DomainDispatcherApplication(_backend)
        self._rules: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server: Any = None

    def fail(self, **rule: Any) -> None:
        """Add a rule; see the module."""
        with self._lock:
            self._rules.append({"times": 1, "after": 0, **rule})

    def heal(self) -> None:
        """Forget all rules and counts."""
        with self._lock:
            self._rules.clear()
            self.calls.clear()
            self.empty.clear()
            self.allowed.clear()
            self.refused.clear()

    def count(self, service: str, action: str) -> int:
        """How often an operation was called, over all regions."""
        with self._lock:
            return sum(n for (s, _, a), n in self.calls.items() if (s, a) == (service, action))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path == "/_fault":
            return self._control(request)(environ, start_response)
        service, region, action, protocol = _identify(request)
        body = request.get_data(cache=True)
        if body:  # reading used it up; moto reads it again
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        kind = self._fault(service, region, action, request)
        if kind is None and self.guarded and self._refuses(request, body, service, region):
            kind = "denied"
        if kind is None:
            return self._ask(request, service)(environ, start_response)
        if kind == "drop":
            environ["werkzeug.socket"].shutdown(2)
            start_response("500 cut", [])
            return []
        if kind == "malformed":
            return Response("<html>502 Bad Gateway</html>", 502)(environ, start_response)
        return _refusal(protocol, *_ERRORS[kind][protocol], action)(environ, start_response)

    def _ask(self, request: Request, service: str) -> Response:
        """What moto answers; nothing, where it does not implement a read."""
        try:
            if not self._knows(request):
                raise NotImplementedError(f"{service} has not been implemented")
            body, status, headers = run_wsgi_app(self._moto, request.environ, buffered=True)
            lacking = status.startswith("404") and headers.get("Content-Type", "").startswith("text/html")
        except NotImplementedError as error:
            lacking, body, status, headers = True, [str(error).encode()], "501 Not Implemented", Headers()
        operation = _operation(request, service) if lacking else None
        if operation is None or not _READ.match(operation.name):
            return Response(body, status, headers)
        with self._lock:
            self.empty[(operation.service_model.service_name, operation.name)] += 1
        return _nothing(operation)

    def _refuses(self, request: Request, body: bytes, service: str, region: str) -> bool:
        """Whether IAM refuses a request; what the rows cannot call is none of its business."""
        from tests.servers import iam_gate  # not there when this file runs as a program

        operation, signed = _operation(request, service), _CREDENTIAL.search(request.headers.get("Authorization", ""))
        if operation is None or signed is None:
            return False
        action = iam_gate.named(service, operation.name, operation.service_model.service_name)
        allowed = iam_gate.allows(request.headers, signed[1], region, action, request.path, iam_gate.form_of(body))
        with self._lock:
            (self.allowed if allowed else self.refused)[action] += 1
        return not allowed

    def _knows(self, request: Request) -> bool:
        """Whether moto has the service at all; unsigned requests are its own."""
        if "Authorization" not in request.headers:
            return True
        host = str(self._moto.infer_service_region_host(request.environ, request.path))
        patterns = (pattern for _, pattern in self._moto.backend_url_patterns)
        return host in _MODULES or any(p.match(f"http://{host}") for p in patterns)

    def _control(self, request: Request) -> Response:
        if request.method == "POST":
            self.fail(**request.get_json(force=True))
        elif request.method == "DELETE":
            self.heal()
        counts = {"calls": self.calls, "empty": self.empty}
        told = {name: {" ".join(k): n for k, n in sorted(counter.items())} for name, counter in counts.items()}
        return Response(json.dumps({"rules": self._rules, **told}), content_type="application/json")

    def _fault(self, service: str, region: str, action: str, request: Request) -> str | None:
        values = {"service": service, "region": region, "action": action}
        with self._lock:
            self.calls[(service, region, action)] += 1
            for rule in self._rules:
                fits = rule["times"] and all(re.fullmatch(rule.get(k, ".*"), v) for k, v in values.items())
                if not fits or not _holds(request, rule.get("text")):
                    continue
                if rule["after"]:
                    rule["after"] -= 1
                    return None
                rule["times"] -= 1
                return str(rule["kind"])
        return None


def _holds(request: Request, text: str | None) -> bool:
    if text is None:
        return True
    sent = request.path + urllib.parse.unquote(request.get_data(cache=True).decode(errors="replace"))
    return re.search(text, sent) is not None


def _identify(request: Request) -> tuple[str, str, str, str]:
    """(service as signed, region, operation, protocol) of a request."""
    found = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    region, service = found.groups()[1:] if found else ("?", "?")
    if target := request.headers.get("X-Amz-Target"):
        return service, region, target.rsplit(".", 1)[-1], "json"
    if smithy := re.fullmatch(r"/service/\w+/operation/(\w+)", request.path):
        return service, region, smithy[1], "json"
    if "form" in (request.content_type or ""):
        form = urllib.parse.parse_qs(request.get_data(cache=True).decode())
        return service, region, form.get("Action", ["?"])[0], "ec2" if service == "ec2" else "query"
    if service == "s3":
        return service, region, _s3_action(request), "s3"
    action = next(
        (a for s, m, p, a in _REST if s == service and m == request.method and re.fullmatch(p, request.path)),
        f"{request.method} {request.path}",
    )
    return service, region, action, "rest-json"


def _s3_action(request: Request) -> str:
    if request.method == "GET" and request.path == "/":
        return "ListBuckets"
    return next((a for q, a in _S3_QUERIES.items() if q in request.args), f"{request.method} {request.path}")


def _refusal(protocol: str, status: int, code: str, action: str) -> Response:
    message = f"injected {code} for {action}"
    if protocol in ("json", "rest-json"):
        headers = {"x-amzn-ErrorType": code, "Content-Type": "application/x-amz-json-1.1"}
        return Response(json.dumps({"__type": code, "message": message}), status, headers)
    inner = f"<Code>{code}</Code><Message>{message}</Message>"
    body = {
        "ec2": f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>0</RequestID></Response>",
        "s3": f"<Error>{inner}<RequestId>0</RequestId></Error>",
        "query": f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>0</RequestId></ErrorResponse>",
    }[protocol]
    return Response('<?xml version="1.0"?>' + body, status, {"Content-Type": "text/xml"})


def serve(port: int = 0, host: str = "127.0.0.1") -> FaultyMoto:
    """Start a server in a thread of this process; `url` says where it is. What moto holds is the process's: it is forgotten first."""
    moto_api_backend.reset()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = FaultyMoto()
    app._server = make_server(host, port, app, threaded=True, request_handler=MotoRequestHandler)
    app.url = f"http://{host}:{app._server.server_port}"
    threading.Thread(target=app._server.serve_forever, daemon=True, name="faulty-moto").start()
    return app


if __name__ == "__main__":
    print(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0).url, flush=True)
    threading.Event().wait()
