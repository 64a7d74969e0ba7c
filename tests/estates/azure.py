"""The Azure part of a made-up estate: two subscriptions, in the shapes of Resource Graph and Resource Manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collectors.azure.rows import raw_row
from normalize.model import Outcome, Scope
from tests.estates.world import World

SOURCE = "tenant"
KINDS = (
    "azure.resources.subscription", "azure.storage.account", "azure.storage.container", "azure.keyvault.vault", "azure.keyvault.key", "azure.containerregistry.registry", "azure.managedidentity.identity", "azure.network.virtual_network",
    "azure.network.subnet", "azure.network.network_interface", "azure.network.security_group", "azure.compute.virtual_machine", "azure.compute.disk", "azure.compute.disk_encryption_set", "azure.aks.cluster",
    "azure.machinelearning.workspace", "azure.machinelearning.online_endpoint", "azure.machinelearning.online_deployment", "azure.machinelearning.model", "azure.machinelearning.model_version",
    "azure.machinelearning.command_job", "azure.machinelearning.datastore", "azure.machinelearning.environment", "azure.machinelearning.environment_version", "azure.machinelearning.compute_cluster", "azure.cosmosdb.account", "azure.sql.server", "azure.eventhub.namespace",
)  # fmt: skip
OWNED = {"team": "ranking"}


@dataclass
class Subscription:
    id: str
    group: str
    region: str
    account: str = ""
    container: str = ""
    vault: str = ""
    registry: str = ""
    identity: str = ""
    subnet: str = ""
    workspace: str = ""
    datastore: str = ""
    environment: str = ""
    cluster: str = ""

    @property
    def scope(self) -> Scope:
        return Scope("azure", self.id, "azure-global")

    def arm(self, path: str) -> str:
        return f"/subscriptions/{self.id}/resourceGroups/{self.group}/providers/{path}"


class Azure:
    def __init__(self, world: World) -> None:
        self.world = world
        self.subscriptions = [Subscription(world.guid(), world.name("rg"), world.rng.choice(["eastus", "westeurope"])) for _ in range(2)]  # fmt: skip
        for s in self.subscriptions:
            self._ground(s)
        for s in self.subscriptions:
            self._things(s)
            self._hidden(s)
            self._decoys(s)
        self._tenant()
        self._looks()

    def put(self, s: Subscription, kind: str, path: str, properties: dict[str, Any], *, above: str = "", age: int = 0, **more: Any) -> str:  # fmt: skip
        """A row of Resource Graph, or an answer of Resource Manager for what lies `above`; its ARM id."""
        ident = s.arm(path)
        namespace, *names = path.split("/")
        type_ = "/".join((namespace, *names[::2])).lower()
        payload: dict[str, Any] = {
            "id": ident, "name": names[-1], "type": type_, "location": s.region, "resourceGroup": s.group, "subscriptionId": s.id, "properties": properties, "tags": OWNED, "sku": None, "kind": "",
            "$id": ident.lower(), "$name": "/".join((s.group, *names[1::2])), "$above": ident.rsplit("/", 2)[0].lower(),
        }  # fmt: skip
        if above:
            payload["$parent"] = {
                "id": above,
                "$id": above.lower(),
                "name": above.rpartition("/")[2],
                "location": s.region,
            }
        self.world.put(SOURCE, kind, s.scope, payload | more, "GET", at=s.region, age=age)
        return ident

    def _ground(self, s: Subscription) -> None:
        w = self.world
        w.cover(SOURCE, s.scope, KINDS)
        plain = {"id": f"/subscriptions/{s.id}", "name": s.id, "type": "microsoft.resources/subscriptions", "subscriptionId": s.id, "properties": {"state": "Enabled"}, "$id": f"/subscriptions/{s.id}", "$name": s.id}  # fmt: skip
        w.put(SOURCE, "azure.resources.subscription", s.scope, plain, "GET")
        s.vault = w.name("kv")
        self.put(s, "azure.keyvault.vault", f"Microsoft.KeyVault/vaults/{s.vault}", {"vaultUri": f"https://{s.vault}.vault.azure.net/", "provisioningState": "Succeeded"})  # fmt: skip
        s.account = self.account(s)
        s.container = w.name("data")
        self.container(s, s.container)
        s.registry = "acr" + w.hex(10)
        self.put(s, "azure.containerregistry.registry", f"Microsoft.ContainerRegistry/registries/{s.registry}", {"loginServer": f"{s.registry}.azurecr.io", "provisioningState": "Succeeded"})  # fmt: skip
        name = w.name("id")
        s.identity = self.put(s, "azure.managedidentity.identity", f"Microsoft.ManagedIdentity/userAssignedIdentities/{name}", {"principalId": w.guid(), "clientId": w.guid(), "tenantId": w.guid()})  # fmt: skip
        vnet, net = w.name("vnet"), w.name("net")
        above = self.put(s, "azure.network.virtual_network", f"Microsoft.Network/virtualNetworks/{vnet}", {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": []})  # fmt: skip
        s.subnet = self.put(s, "azure.network.subnet", f"Microsoft.Network/virtualNetworks/{vnet}/subnets/{net}", {"addressPrefix": "10.20.1.0/24"}, above=above)  # fmt: skip
        ws = w.name("ws")
        s.workspace = self.put(s, "azure.machinelearning.workspace", f"Microsoft.MachineLearningServices/workspaces/{ws}", {
            "storageAccount": s.arm(f"Microsoft.Storage/storageAccounts/{s.account}"), "keyVault": s.arm(f"Microsoft.KeyVault/vaults/{s.vault}"), "workspaceId": w.guid(),
            "containerRegistry": s.arm(f"Microsoft.ContainerRegistry/registries/{s.registry}"), "provisioningState": "Succeeded",
        })  # fmt: skip
        at = f"Microsoft.MachineLearningServices/workspaces/{ws}"
        s.datastore = self.put(s, "azure.machinelearning.datastore", f"{at}/datastores/workspaceblobstore", {"datastoreType": "AzureBlob", "accountName": s.account, "containerName": s.container, "endpoint": "core.windows.net", "protocol": "https"}, above=s.workspace)  # fmt: skip
        self.put(s, "azure.machinelearning.environment", f"{at}/environments/serve", {"latestVersion": "3"}, above=s.workspace)  # fmt: skip
        s.environment = self.put(s, "azure.machinelearning.environment_version", f"{at}/environments/serve/versions/3", {"image": f"{s.registry}.azurecr.io/serve:3"}, above=f"{s.workspace}/environments/serve")  # fmt: skip
        s.cluster = self.put(s, "azure.machinelearning.compute_cluster", f"{at}/computes/a100", {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_ND96amsr_A100_v4", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4}}}, above=s.workspace, **{"$Size": self.size()})  # fmt: skip

    def size(self) -> dict[str, str]:
        return {"Name": "Standard_ND96amsr_A100_v4", "vCPUs": "96", "MemoryGB": "1900", "GPUs": "8", "CpuArchitectureType": "x64"}  # fmt: skip

    def account(self, s: Subscription, *, measured: bool = True, age: int = 0, **more: Any) -> str:
        name = "st" + self.world.hex(12)
        ends = {k: f"https://{name}.{k}.core.windows.net/" for k in ("blob", "dfs", "file", "queue", "table")}
        told: dict[str, Any] = {"$Bytes": {"UsedCapacity": 88e12}} if measured else {}
        self.put(s, "azure.storage.account", f"Microsoft.Storage/storageAccounts/{name}", {"primaryEndpoints": ends, "provisioningState": "Succeeded", "encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": "lake", "keyvaulturi": f"https://{s.vault}.vault.azure.net"}}} | more, age=age, **told)  # fmt: skip
        return name

    def container(self, s: Subscription, name: str) -> None:
        above = s.arm(f"Microsoft.Storage/storageAccounts/{s.account}")
        self.put(s, "azure.storage.container", f"Microsoft.Storage/storageAccounts/{s.account}/blobServices/default/containers/{name}", {"publicAccess": "None", "leaseState": "Available"}, above=above)  # fmt: skip

    def model(self, s: Subscription, name: str = "") -> str:
        name = name or self.world.name("model")
        at = f"{s.workspace.partition('/providers/')[2]}/models/{name}"
        above = self.put(s, "azure.machinelearning.model", at, {"latestVersion": "7"}, above=s.workspace)
        return self.put(s, "azure.machinelearning.model_version", f"{at}/versions/7", {"modelUri": f"azureml://datastores/workspaceblobstore/paths/{name}", "modelType": "mlflow_model", "tags": OWNED, "jobName": None}, above=above)  # fmt: skip

    def endpoint(self, s: Subscription, model: str, *, traffic: bool = True, tags: dict[str, str] = OWNED, env: dict[str, str] | None = None, identity: str = "", **more: Any) -> str:  # fmt: skip
        name = self.world.name("ep")
        at = f"{s.workspace.partition('/providers/')[2]}/onlineEndpoints/{name}"
        told: dict[str, Any] = {"$Traffic": {"Days": 14, "Requests": 180}} if traffic else {}
        above = self.put(s, "azure.machinelearning.online_endpoint", at, {"authMode": "Key", "provisioningState": "Succeeded", "traffic": {"blue": 100}, "scoringUri": f"https://{name}.{s.region}.inference.ml.azure.com/score"}, tags=tags, **{"$identities": [identity or s.identity]}, **told)  # fmt: skip
        properties = {"endpointComputeType": "Managed", "provisioningState": "Succeeded", "instanceType": "Standard_ND96amsr_A100_v4", "model": model, "environmentId": s.environment, "environmentVariables": env or {}}  # fmt: skip
        self.put(s, "azure.machinelearning.online_deployment", f"{at}/deployments/blue", properties | more, tags=tags, sku={"name": "Default", "capacity": 2}, **{"$Size": self.size()})  # fmt: skip
        return above.lower()

    def job(self, s: Subscription, *, inputs: dict[str, Any] | None = None, env: dict[str, str] | None = None, made: dict[str, str] | None = None, tags: dict[str, str] = OWNED, **more: Any) -> str:  # fmt: skip
        at = f"{s.workspace.partition('/providers/')[2]}/jobs/{self.world.name('job')}"
        if inputs is None:
            inputs = {"clicks": {"jobInputType": "uri_folder", "uri": "azureml://datastores/workspaceblobstore/paths/clicks/"}}  # fmt: skip
        properties = {"jobType": "Command", "status": "Completed", "computeId": s.cluster, "environmentId": s.environment, "command": "python train.py", "environmentVariables": env or {}, "inputs": inputs, "resources": {"instanceCount": 4}, "tags": tags, "identity": {"identityType": "Managed", "resourceId": s.identity}}  # fmt: skip
        told = [{"name": n, "uri": self._at(s, i["uri"])} for n, i in inputs.items()]
        extra: dict[str, Any] = {"systemData": made} if made else {}
        return self.put(s, "azure.machinelearning.command_job", at, properties | more, above=s.workspace, **{"$Inputs": told, "$Machine": {"Size": "Standard_ND96amsr_A100_v4"}, "$Size": self.size()}, **extra).lower()  # fmt: skip

    def _at(self, s: Subscription, uri: str) -> str:
        """A URI of a data store as the collector writes it out."""
        ws = s.workspace.rpartition("/")[2]
        return uri.replace("azureml://datastores/", f"azureml://subscriptions/{s.id}/resourceGroups/{s.group}/workspaces/{ws}/datastores/")  # fmt: skip

    def machine(self, s: Subscription, *, disks: tuple[str, ...] = (), sized: bool = True, identity: str = "") -> str:
        name, disk = self.world.name("vm"), self.world.name("disk")
        vm = s.arm(f"Microsoft.Compute/virtualMachines/{name}")
        ident = self.put(s, "azure.compute.disk", f"Microsoft.Compute/disks/{disk}", {"diskSizeGB": 4096, "diskState": "Attached"}, managedBy=vm)  # fmt: skip
        properties = {"vmId": self.world.guid(), "hardwareProfile": {"vmSize": "Standard_ND96amsr_A100_v4"}, "storageProfile": {"osDisk": {"osType": "Linux", "managedDisk": {"id": ident}}, "dataDisks": [{"lun": i, "managedDisk": {"id": d}} for i, d in enumerate(disks)]}}  # fmt: skip
        told: dict[str, Any] = {"$Size": self.size()} if sized else {}
        return self.put(s, "azure.compute.virtual_machine", f"Microsoft.Compute/virtualMachines/{name}", properties, **{"$identities": [identity or s.identity]}, **told).lower()  # fmt: skip

    def _things(self, s: Subscription) -> None:
        for _ in self.world.some(1, 3):
            self.endpoint(s, self.model(s))
        for _ in self.world.some(1, 3):
            self.job(s)
        for _ in self.world.some(1, 3):
            self.machine(s)

    def _hidden(self, s: Subscription) -> None:
        w = self.world
        identity = s.arm(f"Microsoft.ManagedIdentity/userAssignedIdentities/{w.name('gone')}")
        disk = s.arm(f"Microsoft.Compute/disks/{w.name('gone')}")
        model = f"{s.workspace}/models/{w.name('gone')}/versions/2"
        container = f"https://{s.account}.blob.core.windows.net/{w.name('gone')}/x"
        cosmos = s.arm(f"Microsoft.DocumentDB/databaseAccounts/{w.name('gone')}")
        ways: list[tuple[str, str, Callable[[], object]]] = [
            (identity, "an identity that is not there", lambda: self.machine(s, identity=identity)),
            (disk, "a disk that is not there", lambda: self.machine(s, disks=(disk,))),
            (model, "a model that an endpoint serves and that is not there", lambda: self.endpoint(s, model)),
            (f"azblob://{container.removeprefix('https://').replace('.blob.core.windows.net', '').removesuffix('/x')}\n{container}", "a container that is not in an account that is there", lambda: self.job(s, env={"EMBEDDINGS": container})),
            (cosmos, "a database that is not there", lambda: self.job(s, env={"COSMOS": cosmos})),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(ways, w.rng.randint(3, 5)):
            make()
            w.plant("dangling-reference", handle, about)
        other = f"/subscriptions/{w.guid()}/resourceGroups/rg/providers/Microsoft.Compute/disks/{w.name('d')}"
        account, registry = "st" + w.hex(12), "acr" + w.hex(10)
        blob, image = f"abfss://data@{account}.dfs.core.windows.net/x", f"{registry}.azurecr.io/llm:1"
        host = f"https://{w.name('api')}.corp.internal/v1"
        outside: list[tuple[str, str, Callable[[], object]]] = [
            (other, "a disk of another subscription", lambda: self.machine(s, disks=(other,))),
            (f"azblob://{account}/data\n{blob}", "a container of an account of nobody that was read", lambda: self.job(s, env={"LAKE": blob})),
            (f"image://{registry}.azurecr.io\n{image}", "an image of a registry of nobody that was read", lambda: self.job(s, env={"IMAGE": image})),
            (host, "a host of an inner network", lambda: self.endpoint(s, self.model(s), env={"FEATURES_URL": host})),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(outside, w.rng.randint(2, 4)):
            make()
            w.plant("external-dependency", handle, about)
        lost = s.arm(f"Microsoft.Storage/storageAccounts/{self.account(s, measured=False)}").lower()
        w.plant("evidence-missing", f"size_bytes|{lost}", "an account whose bytes nobody knows")
        w.plant("evidence-missing", f"request_count|{self.endpoint(s, self.model(s), traffic=False)}", "an endpoint whose traffic nobody knows")  # fmt: skip
        w.plant("evidence-missing", f"accelerator_count|{self.machine(s, sized=False)}", "a machine of whose size nothing is known")  # fmt: skip
        w.plant("owner-missing", self.job(s, tags={}), "a job that nobody answers for")
        w.plant("workload-incomplete", f"data|{self.job(s, inputs={})}", "a training job without input")
        aks = w.name("aks")
        cluster = self.put(s, "azure.aks.cluster", f"Microsoft.ContainerService/managedClusters/{aks}", {"kubernetesVersion": "1.33", "fqdn": f"{aks}-abc123.hcp.{s.region}.azmk8s.io", "agentPoolProfiles": [{"name": "gpu", "vnetSubnetID": s.subnet}]}, **{"$identities": [s.identity]})  # fmt: skip
        w.plant("scope-unscanned", cluster.lower(), "a cluster that no source reads")

    def _decoys(self, s: Subscription) -> None:
        w = self.world
        self.machine(s, identity=s.identity.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
        self.machine(s, identity=s.identity.lower() + "/")
        for form in (f"https://{s.account}.blob.core.windows.net/{s.container}/x?sv=1", f"abfss://{s.container}@{s.account}.dfs.core.windows.net/x", f"wasbs://{s.container}@{s.account}.blob.core.windows.net", f"https://{s.account.upper()}.blob.core.windows.net/{s.container}", f"https://{s.account}.blob.core.windows.net/"):  # fmt: skip
            self.job(s, env={"LAKE": form})
        self.job(s, env={"VAULT": f"https://{s.vault}.vault.azure.net/secrets/db/0f0f", "IMAGE": f"{s.registry}.azurecr.io/train@sha256:{w.hex(64)}"})  # fmt: skip
        self.job(s, env={"ARM": "https://management.azure.com/", "LOGIN": "https://login.microsoftonline.com/common", "STUDIO": "https://ml.azure.com/runs/x"})  # fmt: skip
        self.job(s, made={"createdBy": "ana@example.com", "createdByType": "User"}, tags={})  # who made it can be asked
        self.job(s, status="Failed", error={"error": {"message": f"The container https://{s.account}.blob.core.windows.net/{w.name('deleted')} does not exist"}})  # fmt: skip
        version = self.model(s)
        self.endpoint(s, version.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))

    def _tenant(self) -> None:
        w, home = self.world, self.subscriptions[0]
        unread, off = w.guid(), w.guid()
        for ident, state in ((unread, "Enabled"), (off, "Deleted")):
            payload = {"id": f"/subscriptions/{ident}", "name": ident, "subscriptionId": ident, "properties": {"state": state}, "$id": f"/subscriptions/{ident}", "$name": ident}  # fmt: skip
            w.look(SOURCE, "azure.resources.subscription", home.scope).records.append((payload, "GET", Scope("azure", ident, "azure-global"), ()))  # fmt: skip
            w.plant("scope-unscanned", ident, "a subscription that nobody reads")
        kind = raw_row("microsoft.newthing/widgets", "resources")
        w.rows[kind.name] = kind
        self.put(home, kind.name, f"Microsoft.NewThing/widgets/{w.name('w')}", {})
        w.plant("unmodelled-type", kind.name, "a type of Azure's that no row describes")

    def _looks(self) -> None:
        w, s = self.world, self.subscriptions[1]
        w.ends(SOURCE, "azure.sql.server", s.scope, Outcome.DENIED, "AuthorizationFailed", ("Microsoft.Sql/servers/read",))  # fmt: skip
        w.plant("coverage-denied", f"azure.sql.server|{s.id}|azure-global", "a listing that was denied")
        self.job(s, env={"DB": f"jdbc:sqlserver://{w.name('unseen')}.database.windows.net:1433;database=f"})
        w.ends(SOURCE, "azure.eventhub.namespace", s.scope, Outcome.FAILED, "ReadTimeout")
        w.plant("coverage-failed", f"azure.eventhub.namespace|{s.id}|azure-global", "a listing that failed")
        self.job(s, env={"EVENTS": s.arm(f"Microsoft.EventHub/namespaces/{w.name('unseen')}")})
        home = self.subscriptions[0]
        for kind in KINDS:
            w.look(SOURCE, kind, home.scope, age=7)
        named = self.account(home, age=7)
        ident = home.arm(f"Microsoft.Storage/storageAccounts/{named}")
        self.job(home, env={"ACCOUNT": ident})
        w.plant("dangling-reference", ident, "a storage account that was there last week")
