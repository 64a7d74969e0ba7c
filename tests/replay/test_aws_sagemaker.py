"""SageMaker rows: an account built with the SDK and read back, and what only some answers show."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.rows import Call
from normalize.errors import CollectError
from normalize.mapping import observe
from normalize.model import Kind, Observation
from tests.servers.faulty_moto import FaultyMoto, serve

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
LIST_HUBS = Call("sagemaker", "ListHubs", items="HubSummaries")


class Told:
    """Answers by operation, one after the other."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._answers = {operation: iter(pages) for operation, pages in answers.items()}

    def __call__(self, model: Any, params: Any, **_: Any) -> Any:
        self.asked.append((model.name, params["body"]))
        answer = next(self._answers[model.name])
        status: Any = AWSResponse("http://stub", 400 if "Error" in answer else 200, {"content-type": "json"}, None)
        return status, answer


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsCollector]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    opened = open_source({"name": "prod", "regions": ["us-east-1"]}, clock=lambda: NOW)
    yield opened
    opened.close()


def hubs(source: AwsCollector, *pages: dict[str, Any]) -> Iterator[Any]:
    source._client._base.register("before-call", Told(ListHubs=list(pages)))
    answers = source._client.answers("", "us-east-1", LIST_HUBS, {})
    return (hub["HubName"] for answer in answers for hub in answer["HubSummaries"])


def test_pages_that_the_sdk_has_no_rule_for_are_read_to_the_end(source: AwsCollector) -> None:
    first = {"HubSummaries": [{"HubName": "a"}], "NextToken": "1"}
    assert list(hubs(source, first, {"HubSummaries": [{"HubName": "b"}]})) == ["a", "b"]


def test_pages_that_go_in_a_circle_are_no_complete_listing(source: AwsCollector) -> None:
    page = {"HubSummaries": [{"HubName": "a"}], "NextToken": "1"}
    with pytest.raises(CollectError, match="circle"):
        list(hubs(source, page, page, page))


ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fraud:1"
SECRET = "hush-quarry-5521"
TEAM = [{"Key": "team", "Value": "fraud"}]
ROWS = {kind.name.removeprefix("aws.sagemaker."): kind for kind in KINDS if kind.name.startswith("aws.sagemaker.")}
CONTAINERS = [{"Image": IMAGE, "ModelDataUrl": "s3://weights/m.tgz", "Environment": {"API_TOKEN": SECRET}}]
SCRIPT = f"#!/bin/bash\nexport API_TOKEN={SECRET}\naws s3 cp s3://bootstrap-scripts/tools . --recursive\n"
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Machine", "Type": "String", "DefaultValue": "ml.g5.2xlarge"}],
    "Steps": [
        {
            "Name": "Train",
            "Type": "Training",
            "Arguments": {
                "ResourceConfig": {"InstanceType": {"Get": "Parameters.Machine"}, "InstanceCount": 3},
                "Environment": {"API_TOKEN": SECRET},
            },
        }
    ],
}


def plant(sdk: Any) -> dict[str, str]:
    """Kind -> ARN of one thing of each kind that moto lets one make."""
    packaged = {
        "Containers": CONTAINERS,
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    machines = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}
    inputs = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://clicks/day"}}}
    made: dict[str, Any] = {
        "model": sdk.create_model(ModelName="fraud", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINERS[0], Tags=TEAM),
        "endpoint_config": sdk.create_endpoint_config(
            EndpointConfigName="fraud-1",
            ProductionVariants=[
                {
                    "VariantName": "main",
                    "ModelName": "fraud",
                    "InstanceType": "ml.g4dn.xlarge",
                    "InitialInstanceCount": 2,
                }
            ],
        ),
        "endpoint": sdk.create_endpoint(EndpointName="fraud", EndpointConfigName="fraud-1", Tags=TEAM),
        "cluster": sdk.create_cluster(
            ClusterName="pretrain",
            InstanceGroups=[
                {
                    "InstanceCount": 2,
                    "InstanceGroupName": "workers",
                    "InstanceType": "ml.p5.48xlarge",
                    "LifeCycleConfig": {"SourceS3Uri": "s3://sagemaker-scripts/lc", "OnCreate": "on_create.sh"},
                    "ExecutionRole": ROLE,
                    "ThreadsPerCore": 1,
                }
            ],
            VpcConfig={"SecurityGroupIds": ["sg-0a1b2c3d4e5f60718"], "Subnets": ["subnet-0a1b2c3d4e5f60718"]},
            Tags=TEAM,
        ),
        "model_package_group": sdk.create_model_package_group(ModelPackageGroupName="fraud", Tags=TEAM),
        "model_package": sdk.create_model_package(ModelPackageGroupName="fraud", InferenceSpecification=packaged),
        "unversioned_model_package": sdk.create_model_package(ModelPackageName="ocr", InferenceSpecification=packaged),
        "model_card": sdk.create_model_card(
            ModelCardName="fraud", Content='{"intended_uses": {"risk_rating": "High"}}', ModelCardStatus="Draft"
        ),
        "experiment": sdk.create_experiment(ExperimentName="fraud"),
        "experiment_trial": sdk.create_trial(TrialName="november", ExperimentName="fraud"),
        "experiment_trial_component": sdk.create_trial_component(TrialComponentName="run-1"),
        "pipeline": sdk.create_pipeline(
            PipelineName="nightly", PipelineDefinition=json.dumps(DEFINITION), ClientRequestToken="p" * 32, RoleArn=ROLE
        ),
        "pipeline_execution": sdk.start_pipeline_execution(PipelineName="nightly", ClientRequestToken="e" * 32),
        "training_job": sdk.create_training_job(
            TrainingJobName="fraud-1",
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": "s3://weights/"},
            ResourceConfig={"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 2, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
            Environment={"API_TOKEN": SECRET},
        ),
        "hyper_parameter_tuning_job": sdk.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="sweep",
            HyperParameterTuningJobConfig={"Strategy": "Bayesian", "ResourceLimits": {"MaxParallelTrainingJobs": 4}},
            TrainingJobDefinition={
                "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
                "RoleArn": ROLE,
                "OutputDataConfig": {"S3OutputPath": "s3://weights/"},
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                "Environment": {"API_TOKEN": SECRET},
            },
        ),
        "processing_job": sdk.create_processing_job(
            ProcessingJobName="features",
            ProcessingResources={"ClusterConfig": machines},
            AppSpecification={"ImageUri": IMAGE},
            RoleArn=ROLE,
            Environment={"API_TOKEN": SECRET},
        ),
        "transform_job": sdk.create_transform_job(
            TransformJobName="scores",
            ModelName="fraud",
            TransformInput=inputs,
            TransformOutput={"S3OutputPath": "s3://scores/"},
            TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        ),
        "compilation_job": sdk.create_compilation_job(
            CompilationJobName="neuron",
            RoleArn=ROLE,
            InputConfig={"S3Uri": "s3://weights/m.tgz", "Framework": "PYTORCH"},
            OutputConfig={"S3OutputLocation": "s3://weights/neuron", "TargetDevice": "ml_inf2"},
            StoppingCondition={"MaxRuntimeInSeconds": 900},
        ),
        "domain": sdk.create_domain(
            DomainName="research",
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": ROLE},
            SubnetIds=["subnet-0a1b2c3d4e5f60718"],
            VpcId="vpc-0a1b2c3d4e5f60718",
        ),
        "data_quality_job_definition": sdk.create_data_quality_job_definition(
            JobDefinitionName="drift",
            DataQualityAppSpecification={"ImageUri": IMAGE, "Environment": {"API_TOKEN": SECRET}},
            DataQualityJobInput={"EndpointInput": {"EndpointName": "fraud", "LocalPath": "/in"}},
            DataQualityJobOutputConfig={
                "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://drift/", "LocalPath": "/out"}}]
            },
            JobResources={"ClusterConfig": machines},
            RoleArn=ROLE,
        ),
        "feature_group": sdk.create_feature_group(
            FeatureGroupName="cards",
            RecordIdentifierFeatureName="id",
            EventTimeFeatureName="at",
            FeatureDefinitions=[{"FeatureName": "id", "FeatureType": "String"}],
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://features/"}},
            RoleArn=ROLE,
        ),
    }
    return {kind: next(v for k, v in answer.items() if k.endswith("Arn")) for kind, answer in made.items()}


class Account:
    """What was planted and what the rows make of it."""

    def __init__(self, server: FaultyMoto) -> None:
        self.planted = plant(boto3.client("sagemaker", region_name=REGION, endpoint_url=server.url))
        self.seen: dict[str, list[Observation]] = {}
        self.troubles: list[str] = []
        source = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url})
        for name, kind in ROWS.items():
            self.seen[name] = [self._observe(raw, kind) for s in source.scopes(kind) for raw in source.collect(kind, s)]
        source.close()

    def _observe(self, raw: Any, kind: Kind) -> Observation:
        seen = observe(raw, kind)
        self.troubles += [*map(str, raw.gaps), *seen.misfits]
        return seen

    def one(self, kind: str) -> Observation:
        (found,) = self.seen[kind]
        return found


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    server = serve()
    yield Account(server)
    server.close()
    patch.undo()


def test_nothing_planted_is_missed_and_nothing_else_is_seen(account: Account) -> None:
    within = {"cluster_instance_group": 1, "cluster_node": 2}  # of the cluster
    found = {kind: [o.resource.id for o in seen] for kind, seen in account.seen.items() if seen and kind not in within}
    assert found == {kind: [arn] for kind, arn in account.planted.items()}
    assert {kind: len(account.seen[kind]) for kind in within} == within
    assert account.troubles == []


def test_no_value_of_any_environment_is_kept(account: Account) -> None:
    assert SECRET not in repr(account.seen)


def test_tags_come_with_what_bears_them(account: Account) -> None:
    bearing = {kind for kind, seen in account.seen.items() for o in seen if o.resource.tags == {"team": "fraud"}}
    assert bearing == {"model", "endpoint", "cluster", "model_package_group"}


def test_endpoint_shows_the_accelerators_that_its_configuration_chose(account: Account) -> None:
    told = account.one("endpoint").resource.attributes
    assert (told["accelerator_count"], told["instance_count"], told["instance_types"]) == (2, 2, ["ml.g4dn.xlarge"])
    assert ("serves", f"aws.sagemaker.model|{ACCOUNT}|{REGION}|fraud") in links(account.one("endpoint"))


def test_step_of_a_pipeline_shows_the_machine_that_its_parameter_defaults_to(account: Account) -> None:
    told = account.one("pipeline").resource.attributes
    assert told["steps"] == [{"name": "Train", "type": "Training", "instance_type": "ml.g5.2xlarge", "count": 3}]


def test_group_of_a_cluster_shows_what_one_machine_of_it_holds(account: Account) -> None:
    cluster, group = account.one("cluster").resource, account.one("cluster_instance_group").resource
    assert (cluster.attributes["accelerator_count"], group.attributes["accelerator_count"]) == (16, 8)
    assert ("reads_from", "s3://sagemaker-scripts") in links(account.one("cluster_instance_group"))


def links(seen: Observation) -> set[tuple[str, str]]:
    return {(r.verb, r.key) for r in seen.references}


def told(source: AwsCollector, kind: str, **answers: list[dict[str, Any]]) -> list[Observation]:
    """What a row makes of answers that are given one after the other."""
    row, identity = ROWS[kind], {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/x", "UserId": "A"}
    tags = {"ListTags": [{"Tags": []}] * 9}
    source._client._base.register("before-call", Told(GetCallerIdentity=[identity], **{**tags, **answers}))
    (scope,) = source.scopes(row)
    return [observe(raw, row) for raw in source.collect(row, scope)]


def arn(resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:sagemaker:{REGION}:{account}:{resource}"


def test_public_hub_is_not_the_accounts(source: AwsCollector) -> None:
    page = {
        "HubSummaries": [
            {"HubName": "SageMakerPublicHub", "HubArn": arn("hub/SageMakerPublicHub", "aws"), "HubStatus": "InService"},
            {"HubName": "ours", "HubArn": arn("hub/ours"), "HubStatus": "InService"},
        ]
    }
    described = {"HubName": "ours", "HubArn": arn("hub/ours"), "HubStatus": "InService"}
    assert [o.resource.native_id for o in told(source, "hub", ListHubs=[page], DescribeHub=[described])] == ["ours"]


def app(name: str, status: str, **owner: str) -> dict[str, Any]:
    return {"DomainId": "d-1", "AppType": "JupyterServer", "AppName": name, "Status": status, **owner}


def test_app_that_is_deleted_is_no_app_and_one_of_a_space_is_asked_for_by_its_space(source: AwsCollector) -> None:
    live = app("default", "InService", SpaceName="lab", ResourceSpec={"InstanceType": "system"})  # type: ignore[arg-type]
    pages = {"Apps": [app("gone", "Deleted", UserProfileName="maria"), live]}
    (seen,) = told(
        source, "app", ListApps=[pages], DescribeApp=[{**live, "AppArn": arn("app/d-1/lab/jupyterserver/default")}]
    )
    assert seen.resource.id == arn("app/d-1/lab/jupyterserver/default")
    assert ("runs_on", f"aws.sagemaker.space|{ACCOUNT}|{REGION}|d-1/lab") in links(seen)


def test_accelerators_of_a_shared_machine_are_unknown(source: AwsCollector) -> None:
    live = app("default", "InService", UserProfileName="maria", ResourceSpec={"InstanceType": "system"})  # type: ignore[arg-type]
    (seen,) = told(source, "app", ListApps=[{"Apps": [live]}], DescribeApp=[live])
    assert "accelerator_count" not in seen.resource.attributes


def test_script_leaves_what_it_mentions_and_nothing_else(source: AwsCollector) -> None:
    item = {"StudioLifecycleConfigName": "tools", "StudioLifecycleConfigArn": arn("studio-lifecycle-config/tools")}
    described = {**item, "StudioLifecycleConfigContent": base64.b64encode(SCRIPT.encode()).decode()}
    listed = {"StudioLifecycleConfigs": [item]}
    (seen,) = told(
        source,
        "studio_lifecycle_config",
        ListStudioLifecycleConfigs=[listed],
        DescribeStudioLifecycleConfig=[described],
    )
    assert ("mentions", "s3://bootstrap-scripts") in links(seen)
    assert SECRET not in repr(seen)
    assert "recursive" not in repr(seen)


def test_endpoint_whose_configuration_was_deleted_keeps_its_variants_but_no_machines(source: AwsCollector) -> None:
    item = {"EndpointName": "fraud", "EndpointArn": arn("endpoint/fraud"), "EndpointStatus": "InService"}
    running = [{"VariantName": "main", "CurrentInstanceCount": 2, "CurrentWeight": 1.0}]
    described = {**item, "EndpointConfigName": "gone", "ProductionVariants": running}
    refused = {"Error": {"Code": "ValidationException", "Message": 'Could not find endpoint configuration "gone".'}}
    (seen,) = told(
        source,
        "endpoint",
        ListEndpoints=[{"Endpoints": [item]}],
        DescribeEndpoint=[described],
        DescribeEndpointConfig=[refused],
        GetMetricData=[{"MetricDataResults": []}],
    )
    assert seen.resource.attributes["variants"] == [{"name": "main", "count": 2, "weight": 1.0}]
    assert "accelerator_count" not in seen.resource.attributes


def test_monitoring_schedule_runs_a_definition_of_its_own_type(source: AwsCollector) -> None:
    item = {"MonitoringScheduleName": "hourly", "MonitoringScheduleArn": arn("monitoring-schedule/hourly")}
    config = {"MonitoringJobDefinitionName": "bias", "MonitoringType": "ModelBias"}
    (seen,) = told(
        source,
        "monitoring_schedule",
        ListMonitoringSchedules=[{"MonitoringScheduleSummaries": [item]}],
        DescribeMonitoringSchedule=[{**item, "MonitoringScheduleConfig": config}],
        ListMonitoringAlerts=[{"MonitoringAlertSummaries": []}],
    )
    assert ("runs", f"aws.sagemaker.model_bias_job_definition|{ACCOUNT}|{REGION}|bias") in links(seen)


def test_tracking_server_answers_to_its_address_and_to_its_arn(source: AwsCollector) -> None:
    own = arn("mlflow-tracking-server/research")
    item = {"TrackingServerName": "research", "TrackingServerArn": own}
    url = "https://t-a1b2c3.us-east-1.experiments.sagemaker.aws"
    (seen,) = told(
        source,
        "mlflow_tracking_server",
        ListMlflowTrackingServers=[{"TrackingServerSummaries": [item]}],
        DescribeMlflowTrackingServer=[{**item, "TrackingServerUrl": url}],
    )
    host = "t-a1b2c3.us-east-1.experiments.sagemaker.aws"
    assert {own, f"mlflow-server:{host}:443", f"dns:{host}"} <= set(seen.aliases)


def test_environment_of_a_step_deep_in_branches_is_left_out(source: AwsCollector) -> None:
    deep: dict[str, Any] = {"Name": "Fit", "Type": "Training", "Arguments": {"Environment": {"API_TOKEN": SECRET}}}
    for level in ("ElseSteps", "IfSteps", "IfSteps"):
        deep = {"Name": level, "Type": "Condition", "Arguments": {"Conditions": [], level: [deep]}}
    item = {"PipelineName": "p", "PipelineArn": arn("pipeline/p")}
    described = {**item, "PipelineDefinition": json.dumps({"Version": "2020-12-01", "Steps": [deep]})}
    (seen,) = told(
        source,
        "pipeline",
        ListPipelines=[{"PipelineSummaries": [item]}],
        DescribePipeline=[described],
        ListPipelineExecutions=[{"PipelineExecutionSummaries": []}],
    )
    assert seen.resource.attributes["step_count"] == 4
    assert SECRET not in repr(seen)


@pytest.mark.parametrize(("token", "known"), [({}, True), ({"NextToken": "2"}, False)])
def test_features_of_a_first_page_are_not_all_features(
    source: AwsCollector, token: dict[str, str], known: bool
) -> None:
    item = {"FeatureGroupName": "cards", "FeatureGroupArn": arn("feature-group/cards")}
    described = {**item, "FeatureDefinitions": [{"FeatureName": "id", "FeatureType": "String"}], **token}
    listed = {"FeatureGroupSummaries": [item]}
    (seen,) = told(source, "feature_group", ListFeatureGroups=[listed], DescribeFeatureGroup=[described])
    assert ("features_schema" in seen.resource.attributes) is known


def test_jobs_are_asked_for_in_every_category(source: AwsCollector) -> None:
    window = ROWS["job"].fetch.window
    assert window is not None
    assert {p["JobCategory"] for p in window(NOW)} == {
        "AgentRFT", "SyntheticDataGeneration", "DataQualityEvaluation", "AgentRFTEvaluation", "DataTransformation",
    }  # fmt: skip
