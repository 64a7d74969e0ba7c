"""The software that a container is known by: one row per product, as data.

Owns names of images, programs, environment variables and labels. Refuses judgement: recognition.py weighs what matches.

Source, read 2026-11-24: vLLM's "serve" and Docker pages, entry points of huggingface/text-generation-inference, TorchServe's "Running
TorchServe" and "Advanced configuration", Dockerfile of tensorflow/serving, compose file of sgl-project/sglang, uses of Triton's and
llama.cpp's images. The names of all other products are not verified; an image can be named anything, so what is recognised
carries its evidence, and no verdict may rest on it alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Software:
    """How one product shows itself in a container.

    Attributes:
        name: the product's own name, in lower case.
        type: what a workload that runs it does; "" for a framework, which says nothing of that.
        image: matches the repository of an image, without registry, tag and digest.
        command: matches the words of command and arguments, joined by single spaces.
        env: matches the name of an environment variable that the product itself reads; what its clients set too is left out.
        label: a value of the labels `app.kubernetes.io/name`, `app.kubernetes.io/component` or `app`.
        ports: ports it listens on when nothing else is said; they support another sign and never stand alone.
        models: flags and environment variables that say which model is loaded.
        hub: whether a bare ORGANISATION/NAME under one of `models` is one of the Hugging Face hub.
        beside: it serves other containers, and says nothing of a workload that runs something else too.
    """

    name: str
    type: str
    image: re.Pattern[str] | None = None
    command: re.Pattern[str] | None = None
    env: re.Pattern[str] | None = None
    label: str = ""
    ports: tuple[int, ...] = ()
    models: tuple[str, ...] = ()
    hub: bool = False
    beside: bool = False


def _image(*names: str) -> re.Pattern[str]:
    """A repository whose last path segments are one of these."""
    return re.compile(rf"(?:^|/)(?:{'|'.join(names)})$")


def _program(*words: str) -> re.Pattern[str]:
    """A program among the words of a command line: alone, or at the end of a path."""
    return re.compile(rf"(?:^|[\s/;&|\"'])(?:{'|'.join(words)})(?=$|[\s;&|\"'])")


def _module(*names: str) -> re.Pattern[str]:
    return re.compile(rf"-m (?:{'|'.join(names)})(?:[.\w]*)(?=$|\s)")


def _any(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(p.pattern for p in patterns))


INFERENCE, TRAINING, TUNING = "inference", "training", "hyperparameter-tuning"
PIPELINE, TRACKING, NOTEBOOK = "pipeline", "experiment-tracking", "notebook"
FEATURES, VECTORS, MONITORING = "feature-store", "vector-database", "monitoring"
PROCESSING, STORAGE, DATABASE = "data-processing", "storage", "database"
CACHE, STREAM, LABELLING, QUEUE = "cache", "stream", "data-labelling", "queue"
INTERACTIVE, EVALUATION, CHAT = "interactive", "evaluation", "application"

_SERVING = (
    Software(
        "vllm",
        INFERENCE,
        _image("vllm", "vllm-openai", "vllm-openai-rocm", "vllm-cpu[\\w-]*", "vllm-neuron", "vllm-tpu"),
        _any(_program("vllm serve"), _module("vllm")),
        re.compile("VLLM_(?!API)"),
        "vllm",
        (8000,),
        ("--model", "vllm serve"),
        hub=True,
    ),
    Software(
        "dynamo",
        INFERENCE,
        _image("vllm-runtime", "sglang-runtime", "tensorrtllm-runtime", "dynamo-frontend"),
        _module("dynamo"),
        None,
        "",
        (8000,),
        ("--model", "--model-path"),
        hub=True,
    ),
    Software(
        "text-generation-inference",
        INFERENCE,
        _image("text-generation-inference", "huggingface-pytorch-tgi-inference"),
        _program("text-generation-launcher"),
        None,
        "text-generation-inference",
        (80, 8080),
        ("--model-id", "MODEL_ID", "HF_MODEL_ID"),
        hub=True,
    ),
    Software(
        "text-embeddings-inference",
        INFERENCE,
        _image("text-embeddings-inference"),
        _program("text-embeddings-router"),
        None,
        "text-embeddings-inference",
        (80,),
        ("--model-id", "MODEL_ID"),
        hub=True,
    ),
    Software(
        "sglang",
        INFERENCE,
        _image("sglang"),
        _any(_module("sglang"), _program("sglang serve")),
        re.compile("SGLANG_"),
        "sglang",
        (30000,),
        ("--model-path", "--model"),
        hub=True,
    ),
    Software(
        "triton",
        INFERENCE,
        _image("tritonserver", "tritonserver-pb[\\w-]*"),
        _program("tritonserver"),
        None,
        "triton",
        (8000, 8001, 8002),
        ("--model-repository", "--model-store"),
    ),
    Software(
        "torchserve",
        INFERENCE,
        _image("torchserve[\\w-]*", "pytorch/torchserve"),
        _program("torchserve"),
        None,
        "torchserve",
        (8080, 8081, 8082),
        ("--model-store", "--models"),
    ),
    Software(
        "tensorflow-serving",
        INFERENCE,
        _image("tensorflow/serving", "tensorflow-serving", "tensorflow-inference"),
        _program("tensorflow_model_server"),
        None,
        "tensorflow-serving",
        (8500, 8501),
        ("--model_base_path", "--model_config_file", "MODEL_BASE_PATH"),
    ),
    Software(
        "ollama",
        INFERENCE,
        _image("ollama"),
        _program("ollama serve", "ollama run"),
        re.compile("OLLAMA_(?:MODELS|KEEP_ALIVE|NUM_PARALLEL|ORIGINS)$"),
        "ollama",
        (11434,),
        ("ollama run", "ollama pull"),
    ),
    Software(
        "llama.cpp",
        INFERENCE,
        _image("llama\\.cpp", "llama-cpp-python"),
        _program("llama-server"),
        None,
        "llama-cpp",
        (8080,),
        ("--hf-repo", "-hf", "-hfr", "--model", "-m"),
        hub=True,
    ),
    Software(
        "bentoml",
        INFERENCE,
        _image("bentoml/[\\w-]+", "yatai"),
        _program("bentoml serve[\\w-]*"),
        re.compile("BENTOML_"),
        "bentoml",
        (3000,),
        ("bentoml serve",),
    ),
    Software(
        "ray-serve", INFERENCE, None, _program("serve run", "serve deploy"), re.compile("RAY_SERVE_"), "", (8000,)
    ),
    Software(
        "mlflow-models",
        INFERENCE,
        None,
        _any(_program("mlflow models serve"), _program("mlserver start")),
        None,
        "mlserver",
        (),
        ("-m", "--model-uri"),
    ),
    Software(
        "mlserver",
        INFERENCE,
        _image("mlserver[\\w-]*"),
        _program("mlserver"),
        re.compile("MLSERVER_"),
        "mlserver",
        (8080, 8081),
        ("MLSERVER_MODEL_URI",),
    ),
    Software(
        "kserve-huggingface-server",
        INFERENCE,
        _image("huggingfaceserver[\\w-]*"),
        _module("huggingfaceserver"),
        None,
        "",
        (8080,),
        ("--model_id", "--model_dir"),
        hub=True,
    ),
    Software(
        "kserve-server",
        INFERENCE,
        _image("sklearnserver", "xgbserver", "lgbserver", "pmmlserver", "paddleserver"),
        None,
        None,
        "",
        (8080,),
        ("--model_dir",),
    ),
    Software(
        "seldon-server",
        INFERENCE,
        _image("seldon-core-s2i[\\w-]*", "sklearnserver_rest", "tfserving_proxy[\\w-]*"),
        _program("seldon-core-microservice"),
        re.compile("PREDICTIVE_UNIT_"),
        "",
        (),
    ),
    Software(
        "openvino-model-server",
        INFERENCE,
        _image("openvino/model_server", "model_server"),
        None,
        None,
        "",
        (9000,),
        ("--model_path",),
    ),
    Software("lmdeploy", INFERENCE, _image("lmdeploy"), _program("lmdeploy serve [\\w-]+"), None, "lmdeploy", (23333,)),
    Software(
        "litellm",
        INFERENCE,
        _image("litellm", "litellm-database"),
        _program("litellm"),
        re.compile("LITELLM_MASTER_KEY$"),
        "litellm",
        (4000,),
    ),
    Software(
        "nvidia-nim",
        INFERENCE,
        _image("nim/[\\w.-]+/[\\w.-]+"),
        None,
        re.compile("NIM_"),
        "",
        (8000,),
        ("NIM_MODEL_NAME",),
    ),
    Software("localai", INFERENCE, _image("localai", "local-ai"), _program("local-ai"), None, "local-ai", (8080,)),
    Software(
        "whisper", INFERENCE, _image("whisper[\\w.-]*", "faster-whisper-server", "speaches"), None, None, "whisper", ()
    ),
)
_TRAINING_TOOLS = (
    Software("torchrun", TRAINING, None, _any(_program("torchrun"), _module("torch.distributed.(?:run|launch)")), None),
    Software("accelerate", TRAINING, None, _program("accelerate launch"), None),
    Software("deepspeed", TRAINING, _image("deepspeed[\\w-]*"), _program("deepspeed"), None),
    Software("horovod", TRAINING, _image("horovod[\\w-]*"), _program("horovodrun"), re.compile("HOROVOD_")),
    Software("nemo", TRAINING, _image("nvidia/nemo"), None, None),
    Software("megatron-lm", TRAINING, None, re.compile(r"(?:^|[\s/])pretrain_(?:gpt|llama|bert|t5)\w*\.py"), None),
    Software(
        "axolotl",
        TRAINING,
        _image("axolotl[\\w-]*"),
        _any(_program("axolotl train"), _module("axolotl.cli.train")),
        None,
    ),
    Software(
        "llama-factory", TRAINING, _image("llamafactory", "llama-factory"), _program("llamafactory-cli train"), None
    ),
    Software("katib", TUNING, _image("kubeflowkatib/[\\w-]+", "katib/[\\w-]+"), None, re.compile("KATIB_"), "katib"),
    Software(
        "optuna", TUNING, _image("optuna", "optuna-dashboard"), _program("optuna"), re.compile("OPTUNA_"), "optuna"
    ),
    Software("ray-tune", TUNING, None, re.compile(r"(?:^|[\s/])tune_\w+\.py"), None),
)
_TRAINING_IMAGES = "(?:pytorch|tensorflow|huggingface-pytorch|mxnet|huggingface-tensorflow)-training(?:-neuronx?)?"
FRAMEWORKS = (
    Software(
        "pytorch",
        "",
        _image("pytorch/pytorch", "nvidia/pytorch", "(?:huggingface-)?pytorch-training(?:-neuronx?)?", "pytorch"),
        None,
        re.compile("PYTORCH_|TORCH_"),
    ),
    Software(
        "tensorflow",
        "",
        _image(
            "tensorflow/tensorflow",
            "nvidia/tensorflow",
            "(?:huggingface-)?tensorflow-training(?:-neuronx?)?",
            "tensorflow",
        ),
        None,
        re.compile("TF_CONFIG$"),
    ),
    Software("jax", "", _image("nvidia/jax", "jax", "jax-ai-image/[\\w-]+"), None, re.compile("JAX_|XLA_FLAGS$")),
    Software("ray", "", _image("rayproject/ray[\\w-]*", "ray", "ray-ml"), _program("ray start"), re.compile("RAY_")),
    Software("neuron", "", _image("neuron/[\\w-]+"), None, re.compile("NEURON_")),
)
"""What a program is written with: it names the workload's needs, not its purpose."""

_TRAINING_CONTAINERS = (Software("training-container", TRAINING, _image(_TRAINING_IMAGES), None, None),)
_PLATFORM = (
    Software(
        "mlflow",
        TRACKING,
        _image("mlflow"),
        _program("mlflow server", "mlflow ui"),
        re.compile("MLFLOW_BACKEND_STORE_URI$"),
        "mlflow",
        (5000,),
    ),
    Software("wandb-server", TRACKING, _image("wandb/local"), None, None, "wandb", (8080,)),
    Software("aim", TRACKING, _image("aimstack/aim"), _program("aim up", "aim server"), None, "aim", (43800,)),
    Software(
        "clearml", TRACKING, _image("clearml", "clearml-server"), None, re.compile("CLEARML__"), "clearml", (8008,)
    ),
    Software("tensorboard", TRACKING, _image("tensorboard"), _program("tensorboard"), None, "tensorboard", (6006,)),
    Software(
        "airflow",
        PIPELINE,
        _image("airflow"),
        _program("airflow (?:scheduler|webserver|api-server|worker|celery worker|triggerer|dag-processor)"),
        re.compile("AIRFLOW__"),
        "airflow",
        (8080,),
    ),
    Software(
        "prefect",
        PIPELINE,
        _image("prefecthq/prefect", "prefect"),
        _program("prefect server start", "prefect worker start", "prefect agent start"),
        re.compile("PREFECT_SERVER_"),
        "prefect",
        (4200,),
    ),
    Software(
        "dagster",
        PIPELINE,
        _image("dagster[\\w-]*"),
        _program("dagster-webserver", "dagster-daemon", "dagster api grpc", "dagit"),
        re.compile("DAGSTER_HOME$"),
        "dagster",
        (3000,),
    ),
    Software(
        "kubeflow-pipelines",
        PIPELINE,
        _image("kfp-api-server", "ml-pipeline/[\\w-]+", "kfp-[\\w-]+"),
        None,
        None,
        "ml-pipeline",
        (8888,),
    ),
    Software(
        "argo-workflows",
        PIPELINE,
        _image("argoproj/workflow-controller", "workflow-controller", "argoproj/argocli"),
        _program("workflow-controller"),
        None,
        "workflow-controller",
    ),
    Software("metaflow", PIPELINE, _image("metaflow[\\w-]*"), None, None, "metaflow"),
    Software("flyte", PIPELINE, _image("flyte(?:admin|propeller|-binary|console)?"), None, None, "flyte"),
    Software(
        "jupyter",
        NOTEBOOK,
        _image("jupyter[\\w-]*", "jupyter/[\\w-]+", "notebook-servers/[\\w-]+", "jupyterhub/[\\w-]+"),
        _program("jupyter(?:[ -](?:lab|notebook|server))", "jupyterhub", "start-notebook(?:\\.sh|\\.py)?"),
        re.compile("JUPYTER_|NB_PREFIX$"),
        "jupyter",
        (8888,),
    ),
    Software(
        "code-server", NOTEBOOK, _image("code-server[\\w-]*"), _program("code-server"), None, "code-server", (8443,)
    ),
    Software(
        "feast",
        FEATURES,
        _image("feast", "feature-server", "feast-operator"),
        _program("feast serve[\\w_]*"),
        None,
        "feast",
        (6566,),
    ),
    Software(
        "label-studio", LABELLING, _image("label-studio"), _program("label-studio"), None, "label-studio", (8080,)
    ),
    Software("cvat", LABELLING, _image("cvat/[\\w-]+"), None, None, "cvat"),
    Software("argilla", LABELLING, _image("argilla[\\w-]*", "argilla/[\\w-]+"), None, None, "argilla", (6900,)),
    Software("open-webui", CHAT, _image("open-webui"), None, None, "open-webui", (8080,)),
    Software(
        "spark", PROCESSING, _image("apache/spark[\\w-]*", "spark", "spark-py"), _program("spark-submit"), None, "spark"
    ),
    Software(
        "dask",
        PROCESSING,
        _image("dask[\\w-]*", "daskdev/[\\w-]+"),
        _program("dask-scheduler", "dask-worker", "dask scheduler", "dask worker"),
        None,
        "dask",
        (8786, 8787),
    ),
    Software(
        "flink",
        PROCESSING,
        _image("flink"),
        _program("jobmanager", "taskmanager"),
        re.compile("FLINK_PROPERTIES$"),
        "flink",
        (8081,),
    ),
    Software("dvc", PROCESSING, None, _program("dvc (?:pull|repro|push|exp run)"), None),
)
_STORES = (
    *(
        Software(name, VECTORS, _image(image), None, re.compile(env) if env else None, name, ports)
        for name, image, env, ports in (
            ("qdrant", "qdrant", "QDRANT__", (6333, 6334)),
            ("weaviate", "weaviate", None, (8080,)),
            ("milvus", "milvus", None, (19530,)),
            ("chroma", "chroma", "CHROMA_SERVER_", (8000,)),
        )
    ),
    Software("pgvector", VECTORS, _image("pgvector"), None, None, "pgvector", (5432,)),
    Software("vespa", VECTORS, _image("vespaengine/vespa", "vespa"), None, None, "vespa", (8080,)),
    Software("elasticsearch", DATABASE, _image("elasticsearch"), None, None, "elasticsearch", (9200,)),
    Software("opensearch", DATABASE, _image("opensearch"), None, None, "opensearch", (9200,)),
    Software(
        "postgresql",
        DATABASE,
        _image("postgres", "postgresql", "cloudnative-pg/postgresql", "spilo-\\d+"),
        None,
        re.compile("PGDATA$"),
        "postgresql",
        (5432,),
    ),
    Software(
        "mysql",
        DATABASE,
        _image("mysql", "mysql-server", "mariadb"),
        None,
        re.compile("(?:MYSQL|MARIADB)_ROOT_PASSWORD$"),
        "mysql",
        (3306,),
    ),
    Software(
        "mongodb",
        DATABASE,
        _image("mongo", "mongodb"),
        None,
        re.compile("MONGO_INITDB_|MONGODB_ROOT_"),
        "mongodb",
        (27017,),
    ),
    Software("clickhouse", DATABASE, _image("clickhouse-server", "clickhouse"), None, None, "clickhouse", (8123,)),
    Software(
        "redis",
        CACHE,
        _image("redis", "redis-stack[\\w-]*", "valkey"),
        _program("redis-server", "valkey-server"),
        None,
        "redis",
        (6379,),
    ),
    Software("memcached", CACHE, _image("memcached"), None, None, "memcached", (11211,)),
    Software(
        "kafka",
        STREAM,
        _image("kafka", "cp-kafka", "strimzi/kafka"),
        None,
        re.compile("KAFKA_(?:BROKER_ID|NODE_ID|LISTENERS|CFG_)"),
        "kafka",
        (9092,),
    ),
    Software("nats", STREAM, _image("nats"), None, None, "nats", (4222,)),
    Software("rabbitmq", QUEUE, _image("rabbitmq"), None, re.compile("RABBITMQ_DEFAULT_"), "rabbitmq", (5672,)),
    Software(
        "minio",
        STORAGE,
        _image("minio"),
        _program("minio server"),
        re.compile("MINIO_(?:ROOT_|PROMETHEUS_)"),
        "minio",
        (9000,),
    ),
    Software("seaweedfs", STORAGE, _image("seaweedfs"), None, None, "seaweedfs", (8333,)),
    Software(
        "lakefs", STORAGE, _image("lakefs"), None, re.compile("LAKEFS_(?:BLOCKSTORE|DATABASE)_"), "lakefs", (8000,)
    ),
    Software(
        "container-registry",
        STORAGE,
        _image("library/registry", "distribution/distribution"),
        None,
        re.compile("REGISTRY_STORAGE"),
        "registry",
        (5000,),
    ),
)
_WATCHING = (
    Software("prometheus", MONITORING, _image("prometheus"), None, None, "prometheus", (9090,)),
    Software("thanos", MONITORING, _image("thanos"), _program("thanos"), None, "thanos", (), beside=True),
    Software("alertmanager", MONITORING, _image("alertmanager"), None, None, "alertmanager", (9093,)),
    Software("grafana", MONITORING, _image("grafana", "grafana-enterprise"), None, re.compile("GF_"), "grafana", (3000,)),
    Software("loki", MONITORING, _image("loki"), None, None, "loki", (3100,)),
    Software("tempo", MONITORING, _image("tempo"), None, None, "tempo"),
    Software("opentelemetry-collector", MONITORING, _image("opentelemetry-collector[\\w-]*", "otelcol[\\w-]*", "aws-otel-collector"), _program("otelcol[\\w-]*"), None, "opentelemetry-collector", (4317, 4318), beside=True),
    Software("fluent-bit", MONITORING, _image("fluent-bit", "aws-for-fluent-bit"), None, None, "fluent-bit", (2020,), beside=True),
    Software("fluentd", MONITORING, _image("fluentd[\\w-]*"), None, None, "fluentd", (), beside=True),
    Software("dcgm-exporter", MONITORING, _image("dcgm-exporter"), _program("dcgm-exporter"), re.compile("DCGM_EXPORTER_"), "dcgm-exporter", (9400,), beside=True),
    Software("exporter", MONITORING, _image("[\\w-]+[-_]exporter", "kube-state-metrics"), None, None, "node-exporter", (), beside=True),
    Software("evidently", MONITORING, _image("evidently[\\w-]*"), _program("evidently ui"), None, "evidently", (8000,)),
    Software("datadog-agent", MONITORING, _image("datadog/agent", "agent-7"), None, None, "datadog", (), beside=True),
)  # fmt: skip

SOFTWARE: tuple[Software, ...] = (
    *_SERVING,
    *_TRAINING_TOOLS,
    *_TRAINING_CONTAINERS,
    *_PLATFORM,
    *_STORES,
    *_WATCHING,
    *FRAMEWORKS,
)
