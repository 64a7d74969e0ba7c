"""Secrets of every credible kind, in every place where people put them, never survive redaction.

Placements are crossed with names and values; known token shapes are generated at run time, so that no scanner finds one
in this file.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
import shlex
import string
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
import yaml

from normalize.redaction import redact

Place = Callable[[str, str], Any]

DIGITS, LOWER, UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
HEX, ALNUM = DIGITS + "abcdef", string.ascii_letters + DIGITS


def drawn(alphabet: str, length: int, seed: int = 7) -> str:
    """A text that looks generated: it holds a digit, and letters of each case that the alphabet has."""
    rng = random.Random(f"{alphabet}{length}{seed}")
    while True:
        text = "".join(rng.choices(alphabet, k=length))
        if (
            all(any(c in kind for c in text) for kind in (DIGITS, LOWER, UPPER) if any(c in kind for c in alphabet))
            or length < 8
        ):
            return text


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


VALUES = {
    "random": drawn(ALNUM, 24),
    "short random": drawn(ALNUM, 11),
    "base64": base64.b64encode(random.Random(3).randbytes(30)).decode(),
    "hex": drawn(HEX, 40),
    "url-safe": base64.urlsafe_b64encode(random.Random(5).randbytes(32)).decode().rstrip("="),
    "word": "sunshine",
    "two words": "correcthorse",
    "words and dashes": "correct-horse-battery-staple",
    "word and digits": "hunter2x",
    "word, digits, sign": "Summer2024!",
    "leet": "P@ssw0rd#9",
    "pass phrase": "correct horse battery staple",
    "pass phrase with signs": "it's a tale, really; twice & told?",
}
PHRASES = {kind for kind, value in VALUES.items() if " " in value}
PLAIN = {"word", "two words", "words and dashes", *PHRASES}

NAMES = [
    "DB_PASSWORD",
    "clientSecret",
    "api-token",
    "DB_PASSWORD_LEGACY",
    "passwordForAirflow",
    "spark.hadoop.fs.s3a.secret.key",
]


def pieces(value: str) -> list[str]:
    """What of a value must not be left: itself in all its spellings, and for a pass phrase its telling words."""
    spelled = [
        value,
        json.dumps(value)[1:-1],
        quote(value),
        quote_plus(value),
        quote(value, safe=""),
        escape(value),
        b64(value),
        b64(value).rstrip("="),
    ]
    words = [word for word in re.findall(r"[a-z]{5,}", value) if len(value.split()) > 1 or "-" in value]
    return [piece for piece in {*spelled, *words} if len(piece) >= 5]


def toml(value: str) -> str:
    return json.dumps(value)


def ini(value: str) -> str:
    return value


def cmd(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if re.search(r"[ &;]", value) else value


def env_name(name: str) -> str:
    return re.sub(r"\W|(?<=[a-z])(?=[A-Z])", "_", name).upper()


def script(line: str) -> str:
    return f"#!/bin/bash\nset -euo pipefail\ncd /opt/train\n{line}\npython train.py --epochs 3 --lr 0.1\n"


NAMED: dict[str, Place] = {
    "object": lambda n, v: {n: v},
    "nested object": lambda n, v: {"spec": {"config": [{"db": {n: v, "host": "db.example"}}]}},
    "environment of a container": lambda n, v: {"env": [{"name": n, "value": v}]},
    "environment of a task": lambda n, v: {"environment": [{"Name": n, "Value": v}]},
    "environment of Docker": lambda n, v: {"Env": ["PATH=/usr/bin", f"{n}={v}"]},
    "environment as a map": lambda n, v: {"Environment": {"Variables": {n: v}}},
    "parameter of a stack": lambda n, v: {"Parameters": [{"ParameterKey": n, "ParameterValue": v}]},
    "tag": lambda n, v: {"Tags": [{"Key": n, "Value": v}]},
    "parameter of a run": lambda n, v: {"data": {"params": [{"key": n, "value": v}]}},
    "flag": lambda n, v: {"args": ["serve", f"--{n}={v}", "--port=80"]},
    "flag and value": lambda n, v: {"args": ["serve", f"--{n}", v, "--port", "80"]},
    "flag, one dash": lambda n, v: {"args": ["serve", f"-{n}={v}"]},
    "docker run -e": lambda n, v: ["docker", "run", "-e", f"{n}={v}", "image"],
    "helm --set": lambda n, v: ["helm", "install", "x", "--set", f"auth.{n}={v}"],
    "hydra override": lambda n, v: ["python", "train.py", f"+db.{n}={v}"],
    "flag in a shell": lambda n, v: f"serve --{n}={shlex.quote(v)} --port=80",
    "flag and value in a shell": lambda n, v: f"serve --{n} {shlex.quote(v)} --port 80",
    "flag in double quotes": lambda n, v: f'serve --{n} "{v}" --port 80',
    "whole assignment quoted": lambda n, v: f"docker run -d -e {shlex.quote(f'{env_name(n)}={v}')} image",
    "assignment in double quotes": lambda n, v: f'docker run -d -e "{env_name(n)}={v}" image',
    "sh -c": lambda n, v: ["sh", "-c", f"export {env_name(n)}={shlex.quote(v)} && python train.py"],
    "export": lambda n, v: script(f"export {env_name(n)}={shlex.quote(v)}"),
    "export, double quotes": lambda n, v: script(f'export {env_name(n)}="{v}"'),
    "before a command": lambda n, v: script(f"{env_name(n)}={shlex.quote(v)} python fetch.py"),
    "env command": lambda n, v: script(f"env {env_name(n)}={shlex.quote(v)} ./run.sh"),
    "declare": lambda n, v: script(f"declare -x {env_name(n)}={shlex.quote(v)}"),
    "default in a shell": lambda n, v: script(f': "${{{env_name(n)}:={v}}}"') if "'" not in v else {n: v},
    "heredoc": lambda n, v: script(f"cat > /etc/app.env <<EOF\n{env_name(n)}={v}\nEOF"),
    "powershell": lambda n, v: f"$env:{env_name(n)} = '{v.replace(chr(39), chr(39) * 2)}'" if "'" not in v else f'$env:{env_name(n)} = "{v}"',
    "cmd set": lambda n, v: f"@echo off\r\nset {env_name(n)}={v}\r\ncall run.bat",
    "cmd setx": lambda n, v: f"setx {env_name(n)} {cmd(v)}",
    "dotenv": lambda n, v: f"# settings\nHOST=db.example\n{env_name(n)}={v}\nPORT=5432\n",
    "dotenv, quoted": lambda n, v: f'{env_name(n)}="{v}"',
    "Dockerfile ENV": lambda n, v: f'FROM python:3.12\nENV {env_name(n)}="{v}" MODE=fast\nCMD ["serve"]',
    "Dockerfile ENV, old form": lambda n, v: f"FROM python:3.12\nENV {env_name(n)} {v}\nRUN pip install x",
    "Dockerfile ARG": lambda n, v: f"ARG {env_name(n)}={shlex.quote(v)}\n",
    "crontab": lambda n, v: f"SHELL=/bin/bash\n{env_name(n)}={v}\n0 3 * * * root /opt/backup.sh\n",
    "crontab line": lambda n, v: f"0 3 * * * root {env_name(n)}={shlex.quote(v)} /opt/backup.sh\n",
    "systemd": lambda n, v: f"[Service]\nUser=app\nEnvironment=\"{env_name(n)}={v}\" \"MODE=fast\"\nExecStart=/usr/bin/app\n",
    "systemd, single quotes": lambda n, v: f"[Service]\nEnvironment='{env_name(n)}={v}'\n" if "'" not in v else {n: v},
    "systemd, bare": lambda n, v: f"[Service]\nEnvironment={env_name(n)}={v}\n" if " " not in v else {n: v},
    "supervisor": lambda n, v: f'[program:x]\nenvironment=MODE="fast",{env_name(n)}="{v}"\n',
    "ini": lambda n, v: f"[db]\nhost = db.example\n{n} = {ini(v)}\nport = 5432\n",
    "ini, no blanks": lambda n, v: f"[db]\nhost=db.example\n{n}={ini(v)}\nport=5432\n",
    "ini, colon": lambda n, v: f"[db]\nhost: db.example\n{n}: {ini(v)}\n",
    "toml": lambda n, v: f'[db]\nhost = "db.example"\n{n} = {toml(v)}\n',
    "toml, long": lambda n, v: f'[db]\n{n} = """{v}"""\n',
    "toml, inline": lambda n, v: f'db = {{ host = "db.example", {n} = {toml(v)} }}\n',
    "properties": lambda n, v: f"app.name=x\n{n}={v}\napp.port=80\n",
    "properties, blanks": lambda n, v: f"spark.app.name x\nspark.{n}   {v}\n",
    "yaml": lambda n, v: yaml.safe_dump({"db": {"host": "db.example", n: v}}),
    "yaml, bare": lambda n, v: f"db:\n  host: db.example\n  {n}: {v}\n  port: 5432\n" if ": " not in v else {n: v},
    "yaml, literal": lambda n, v: f"db:\n  {n}: |\n    {v}\n  port: 5432\n",
    "yaml, folded": lambda n, v: f"db:\n  {n}: >-\n    {v}\n  port: 5432\n",
    "yaml, list": lambda n, v: f"env:\n- name: {n}\n  value: {json.dumps(v)}\n- name: A\n  value: b\n",
    "yaml, list of assignments": lambda n, v: f"environment:\n  - MODE=fast\n  - {env_name(n)}={v}\n",
    "yaml, flow": lambda n, v: f"db: {{host: db.example, {n}: {json.dumps(v)}}}\n",
    "json in a string": lambda n, v: json.dumps({"a": [{"db": {n: v}}]}),
    "json in json": lambda n, v: {"config": json.dumps({"inner": json.dumps({n: v})})},
    "json, indented": lambda n, v: json.dumps({"a": {n: v, "z": 1}}, indent=2),
    "json among words": lambda n, v: f"starting with {json.dumps({'user': 'u', n: v})} now",
    "escaped json among words": lambda n, v: "config=" + json.dumps(json.dumps({"user": "u", n: v})),
    "json lines": lambda n, v: "\n".join(json.dumps({"i": i, n: v}) for i in range(2)),
    "python dict": lambda n, v: repr({"user": "u", n: v}),
    "python assignment": lambda n, v: f"import os\n{re.sub(r'[^A-Za-z0-9_]', '_', n)} = {v!r}\nprint(1)\n",
    "python environ": lambda n, v: f"os.environ[{n!r}] = {v!r}\n",
    "python setdefault": lambda n, v: f"os.environ.setdefault({n!r}, {v!r})\n",
    "keyword argument": lambda n, v: f"connect(host='db', {re.sub(r'[^A-Za-z0-9_]', '_', n)}={v!r}, port=1)",
    "javascript": lambda n, v: f"const cfg = {{ host: 'db', '{n}': {json.dumps(v)} }};",
    "spark conf": lambda n, v: f'spark.conf.set("{n}", {json.dumps(v)})',
    "java system property": lambda n, v: {"cmdline": f"java -Xmx4g {shlex.quote(f'-D{n}={v}')} -jar app.jar"},
    "java options": lambda n, v: {"JAVA_OPTS": f"-Xmx4g -D{n}={v} -Dx=y"} if " " not in v else {n: v},
    "xml element": lambda n, v: f"<db><user>u</user><{n}>{escape(v)}</{n}></db>",
    "xml attribute": lambda n, v: f"<db user='u' {n}={quoteattr(v)}/>",
    "xml add": lambda n, v: f'<add key="{n}" value={quoteattr(v)}/>',
    "xml property": lambda n, v: f"<property><name>{n}</name><value>{escape(v)}</value></property>",
    "xml entry": lambda n, v: f'<entry key="{n}">{escape(v)}</entry>',
    "xml cdata": lambda n, v: f"<{n}><![CDATA[{v}]]></{n}>",
    "terraform variables": lambda n, v: f"region = \"us-west-2\"\n{n.replace('.', '_')} = {json.dumps(v)}\n",
    "terraform map": lambda n, v: f"settings = {{\n  \"{n}\" = {json.dumps(v)}\n}}\n",
    "terraform default": lambda n, v: f'variable "{n.replace(".", "_")}" {{\n  type    = string\n  default = {json.dumps(v)}\n}}\n',
    "terraform heredoc": lambda n, v: f"{n.replace('.', '_')} = <<EOT\n{v}\nEOT\nregion = 1\n",
    "terraform -var": lambda n, v: f"terraform apply -var {shlex.quote(f'{n}={v}')} -auto-approve",
    "query": lambda n, v: f"https://api.example/v1?region=us&{n}={quote(v, safe='')}&x=1",
    "form": lambda n, v: f"user=u&{n}={quote_plus(v)}&x=1",
    "header": lambda n, v: {"headers": {f"X-{n}": v}},
    "header in curl": lambda n, v: f'curl -H "X-{n}: {v}" https://h.example/' if " " not in v else {n: v},
    "ADO": lambda n, v: f"Server=tcp:db.example,1433;Initial Catalog=m;{n}={v};Encrypt=True;" if ";" not in v else {n: v},
    "ODBC in braces": lambda n, v: f"Driver={{ODBC Driver 18}};Server=db.example;Uid=u;{n}={{{v}}};Encrypt=yes",
    "last-applied": lambda n, v: {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "Pod", "spec": {"containers": [{"env": [{"name": n, "value": v}]}]}})}}},
    "config map": lambda n, v: {"kind": "ConfigMap", "data": {"app.yaml": yaml.safe_dump({"db": {n: v}}), "app.env": f"{env_name(n)}={v}\n"}},
    "cloud-init": lambda n, v: "#cloud-config\nwrite_files:\n- path: /etc/app.env\n  content: |\n    MODE=fast\n" + f"    {env_name(n)}={v}\n",
    "base64 of user data": lambda n, v: {"UserData": b64(script(f"export {env_name(n)}={shlex.quote(v)}"))},
    "gzip of user data": lambda n, v: {"UserData": base64.b64encode(gzip.compress(script(f"export {env_name(n)}={shlex.quote(v)}").encode(), mtime=0)).decode()},
    "base64 of json": lambda n, v: {"config": b64(json.dumps({"db": {n: v}}))},
    "base64 of yaml": lambda n, v: {"config": b64(yaml.safe_dump({"db": {n: v}}))},
    "URL-encoded json": lambda n, v: "state=" + quote(json.dumps({n: v})),
    "log line": lambda n, v: f"2026-11-24T10:00:00Z INFO starting {n}={shlex.quote(v)} host=db.example",
    "state machine": lambda n, v: {"definition": json.dumps({"States": {"A": {"Parameters": {"Environment": [{"Name": n, "Value": v}]}}}})},
    "hyperparameters": lambda n, v: {"HyperParameters": {n: json.dumps(v)}},
    "notebook cell": lambda n, v: {"cells": [{"source": ["import os\n", f"os.environ[{n!r}] = {v!r}\n"]}]},
    "secret of Kubernetes": lambda n, v: {"kind": "Secret", "apiVersion": "v1", "data": {"settings": b64(v)}, "stringData": {"other": v}},
    "secret of Kubernetes, applied": lambda n, v: {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "Secret", "data": {"x": b64(v)}})}},
}  # fmt: skip

LOGINS: dict[str, Callable[[str], Any]] = {
    "URL": lambda v: f"postgresql://app:{quote(v, safe='')}@db.example:5432/app",
    "URL of MongoDB": lambda v: f"mongodb+srv://app:{quote(v, safe='')}@c0.abc.mongodb.net/?retryWrites=true",
    "URL of Redis": lambda v: f"redis://:{quote(v, safe='')}@cache.example:6379/0",
    "URL of AMQP": lambda v: f"amqps://app:{quote(v, safe='')}@mq.example:5671/vhost",
    "URL of Snowflake": lambda v: f"snowflake://app:{quote(v, safe='')}@acct.eu-central-1/db/schema?warehouse=w",
    "URL of Git": lambda v: f"git clone https://bot:{quote(v, safe='')}@git.example/team/repo.git",
    "URL of an index": lambda v: f"pip install --extra-index-url https://bot:{quote(v, safe='')}@pypi.example/simple x",
    "JDBC": lambda v: f"jdbc:postgresql://db.example/app?user=app&password={quote(v, safe='')}",
    "JDBC, semicolons": lambda v: f"jdbc:sqlserver://db.example:1433;databaseName=x;user=sa;password={{{v}}};encrypt=true",
    "JDBC of Databricks": lambda v: f"jdbc:databricks://dbc.example:443/default;AuthMech=3;UID=token;PWD={v};ssl=1" if not set(v) & set(";& ") else v and {"PWD": v},
    "libpq": lambda v: f"host=db.example dbname=app user=app password='{v}' sslmode=require" if "'" not in v else {"password": v},
    "ODBC": lambda v: f"DSN=x;UID=app;PWD={{{v}}}",
    "Kafka": lambda v: f'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="{v}";',
    "Kafka, SCRAM": lambda v: {"sasl.jaas.config": f'org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="{v}";'},
    "pgpass": lambda v: f"db.example:5432:app:svc:{v}\n" if " " not in v else {"password": v},
    "netrc": lambda v: f"machine artifacts.example\n  login bot\n  password {v}\n" if " " not in v else {"password": v},
    "netrc, one line": lambda v: f"machine artifacts.example login bot password {v}" if " " not in v else {"password": v},
    "Docker auth": lambda v: {"auths": {"registry.example": {"auth": b64(f"me:{v}")}}},
    "Docker config in a file": lambda v: json.dumps({"auths": {"registry.example": {"username": "me", "password": v}}}),
    "Basic": lambda v: f"Authorization: Basic {b64('app:' + v)}",
    "Basic in a list": lambda v: ["curl", "-H", f"Authorization: Basic {b64('app:' + v)}", "https://h.example"],
    "cookie": lambda v: f"Cookie: session={quote(v)}; theme=dark",
    "SQL": lambda v: f"mysql -e \"CREATE USER app IDENTIFIED BY '{v}'\"" if "'" not in v else {"password": v},
    "SQL of PostgreSQL": lambda v: f"ALTER USER app WITH ENCRYPTED PASSWORD '{v}';" if "'" not in v else {"password": v},
    "SQL of Snowflake": lambda v: f"CREATE USER app PASSWORD = '{v}' DEFAULT_ROLE = r" if "'" not in v else {"password": v},
    "credential object": lambda v: f'New-Object System.Management.Automation.PSCredential("u", "{v}")',
    "secure string": lambda v: f'$p = ConvertTo-SecureString "{v}" -AsPlainText -Force',
    "secure string, named": lambda v: f'ConvertTo-SecureString -String "{v}" -AsPlainText -Force',
    "new local user": lambda v: f'New-LocalUser -Name alice -Password (ConvertTo-SecureString "{v}" -AsPlainText -Force)',
    "requests": lambda v: f'requests.get("https://h.example", auth=("u", {json.dumps(v)}))',
    "smtp": lambda v: f'server.login("u", {json.dumps(v)})',
    "redis.conf": lambda v: f"bind 0.0.0.0\nrequirepass {v}\nport 6379\n" if " " not in v else {"password": v},
    "redis ACL": lambda v: f"user app on >{v} ~* +@all\n" if " " not in v else {"password": v},
    "ldap.conf": lambda v: f"base dc=example\nbindpw {v}\n",
    "expect": lambda v: f'expect "assword:"\nsend "{v}\\r"\n',
    "chpasswd": lambda v: f"#cloud-config\nchpasswd:\n  list: |\n    root:{v}\n" if " " not in v else {"password": v},
    "piped to passwd": lambda v: f"echo {shlex.quote(v)} | passwd --stdin root" if "'" not in v else {"password": v},
    "piped to sudo": lambda v: f"echo '{v}' | sudo -S apt update" if "'" not in v else {"password": v},
    "piped to smbpasswd": lambda v: f"(echo '{v}'; echo '{v}') | smbpasswd -s -a bob" if "'" not in v else {"password": v},
    "piped to docker": lambda v: f'echo "{v}" | docker login --username u --password-stdin r.example',
    "piped to chpasswd": lambda v: f"echo 'root:{v}' | chpasswd" if "'" not in v else {"password": v},
    "here-string": lambda v: f'docker login --username u --password-stdin r.example <<< "{v}"',
    "Windows switch": lambda v: f"xfreerdp /v:h.example /u:me /p:{v}" if " " not in v else {"password": v},
    "cmdkey": lambda v: f"cmdkey /add:h.example /user:me /pass:{v}" if " " not in v else {"password": v},
    "cifs mount": lambda v: f"mount -t cifs //h/share /mnt -o username=u,password={v}" if not set(v) & set(" ,&;") else {"password": v},
    "fstab": lambda v: f"//h/share /mnt cifs username=u,password={v},uid=1000 0 0" if not set(v) & set(" ,&;") else {"password": v},
    "note": lambda v: f"The password is '{v}'" if "'" not in v else {"password": v},
}  # fmt: skip

COMMANDS: tuple[tuple[str, ...], ...] = tuple(
    tuple(line.split(" "))
    for line in """
net user alice @ /add
net user alice @
net use Z: \\\\h\\share @ /user:me
mysql -u root -p@ app
mysqldump -h db.example -u root -p@ app
/usr/bin/mysqladmin -u root password @
mariadb-dump -p@ app
sshpass -p @ ssh me@h.example
sshpass -p@ scp a h:
mongosh --host db -u app -p @
mongodump -u app -p@
redis-cli -h cache -a @ ping
redis-cli --pass @ ping
ldapsearch -x -D cn=admin -w @ -b dc=example
slappasswd -s @
sqlcmd -S db -U sa -P @ -Q x
bcp t out f -U sa -P@
cqlsh -u app -p @
beeline -u jdbc:hive2://h:1 -n u -p @
rabbitmqctl add_user app @
rabbitmqctl -n rabbit change_password app @
mosquitto_pub -h h -u u -P @ -t t -m m
htpasswd -b /etc/h app @
htpasswd -nbB app @
curl -u app:@ https://h.example/
curl --user app:@ https://h.example/
curl -sS -uapp:@ https://h.example/
curl --proxy-user app:@ https://h.example/
http -a app:@ GET https://h.example
wget --user=u --password=@ https://h.example
wget --http-password @ https://h.example
az login --service-principal -u app -p @ --tenant t
az keyvault secret set --vault-name v --name n --value @
docker login -u me -p @ registry.example
podman login -u me -p @ registry.example
helm registry login -u me -p @ registry.example
oc login -u me -p @ https://h.example
aws ssm put-parameter --name /x --type SecureString --value @
kubectl create secret generic x --from-literal=db=@
vault kv put secret/x db=@
mc alias set s3 https://h.example me @
openssl enc -aes-256-cbc -k @ -in a -out b
openssl rsa -in k.pem -passin pass:@
openssl passwd -6 @
keytool -list -keystore k -storepass @
keytool -genkey -keypass @
jarsigner -keystore k -storepass @ a.jar x
zip -P @ a.zip b
7z a -p@ a.7z b
unzip -P @ a.zip
gpg --batch --passphrase @ -d f
wpa_passphrase home @
nmcli dev wifi connect home password @
useradd -m -p @ bob
snmpwalk -v2c -c @ h.example
ipmitool -H h -U root -P @ power status
etcdctl --user root:@ get /
smbpasswd bob @
samba-tool user create bob @
grafana-cli admin reset-admin-password @
twine upload -u u -p @ dist/x
poetry config http-basic.repo u @
pulumi config set --secret db @
schtasks /create /ru me /rp @ /tn x
lftp -u etl,@ sftp.partner.example
smbclient -U bob%@ //h/share
sudo -u app mysql -u root -p@ app
docker exec db mysql -u root -p@ app
psexec \\\\h -u me -p @ cmd
rdesktop -u me -p @ h.example
airflow users create -u admin -p @ -r Admin
dvc remote modify store password @
isql dsn me @
""".strip().splitlines()
)
"""Commands with @ where the secret stands."""

GENERATED = {"random", "url-safe", "base64"}
BY_GENERATION: dict[str, Callable[[str], Any]] = {
    "segment of a webhook": lambda v: f"https://hooks.example.com/services/T0/B0/{v}",
    "segment after keys": lambda v: f"https://api.example.com/v1/keys/{v}",
    "segment of a capability": lambda v: f"https://user-content/{v}/x",
    "segment of a repository": lambda v: f"git clone https://git.example/{v}/repo.git",
    "segment without a scheme": lambda v: {"path": f"/api/tokens/{v}"},
    "query without a name": lambda v: f"https://h.example/f?t={v}",
    "key": lambda v: {"key": v},
    "auth": lambda v: {"auth": v},
    "licence": lambda v: {"LICENSE": v},
    "signature of S3": lambda v: f"https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Signature={v}",
    "signature of GCS": lambda v: f"https://storage.googleapis.com/b/k?X-Goog-Signature={v}&X-Goog-Expires=1",
    "signature of Azure": lambda v: f"https://acct.blob.core.windows.net/c/b?sv=2024-01-01&se=2027&sig={quote(v, safe='')}",
    "bearer": lambda v: f"fetched with Bearer {v}",
    "session": lambda v: f"https://h.example/?session={v}",
    "vault login": lambda v: f"vault login {v}",
    "wandb login": lambda v: ["wandb", "login", v],
    "ngrok": lambda v: f"ngrok config add-authtoken {v}",
}  # fmt: skip


def leaks(payload: Any, value: str) -> list[str]:
    after = json.dumps(redact({"spec": payload}), ensure_ascii=False)
    assert "redacted" in after
    return [piece for piece in pieces(value) if piece in after]


@pytest.mark.parametrize("place", NAMED)
def test_named_secret_does_not_survive(place: str) -> None:
    found = {(n, kind): left for n in NAMES for kind, v in VALUES.items() if (left := leaks(NAMED[place](n, v), v))}
    assert found == {}


@pytest.mark.parametrize("place", LOGINS)
def test_login_does_not_survive(place: str) -> None:
    found = {kind: left for kind, v in VALUES.items() if (left := leaks(LOGINS[place](v), v))}
    assert found == {}


@pytest.mark.parametrize("place", BY_GENERATION)
def test_generated_value_does_not_survive(place: str) -> None:
    found = {
        kind: left
        for kind in GENERATED
        for v in [VALUES[kind].replace("/", "x").replace("+", "y").rstrip("=")]
        if (left := leaks(BY_GENERATION[place](v), v))
    }
    assert found == {}


def shells(command: tuple[str, ...], value: str) -> Iterator[tuple[str, Any]]:
    """A command as people write it down."""
    quoted = " ".join(word.replace("@", shlex.quote(value), 1) if "@" in word[-1:] else word for word in command)
    yield "list", [word.replace("@", value, 1) if word.endswith("@") else word for word in command]
    yield "text", quoted
    yield "script", script(f"sudo {quoted} || exit 1")
    yield "sh -c", {"command": ["/bin/sh", "-c"], "args": [f"set -e; {quoted} && echo ok"]}
    yield "Dockerfile", f"FROM x\nRUN {quoted} && rm -rf /tmp/x\n"
    yield "base64", b64(script(quoted))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_argument_does_not_survive(command: tuple[str, ...]) -> None:
    found = {
        (form, kind): left
        for kind, v in VALUES.items()
        for form, payload in shells(command, v)
        if (left := leaks(payload, v))
    }
    assert found == {}


# Shapes --------------------------------------------------------------------------------------------------------------

WORDY = ALNUM + "_-"
BASE64 = ALNUM + "+/"
SHAPES: dict[str, tuple[tuple[str, int] | str, ...]] = {
    "1Password secret key": ("A3-", (UPPER + DIGITS, 6), "-", (UPPER + DIGITS, 11), "-", (UPPER + DIGITS, 5), "-", (UPPER + DIGITS, 5), "-", (UPPER + DIGITS, 5)),
    "1Password service account": ("ops_", "eyJ", (BASE64, 260)),
    "Adafruit": ("aio_", (ALNUM, 28)),
    "Adobe": ("p8e-", (LOWER + DIGITS, 32)),
    "Airtable": ("pat", (ALNUM, 14), ".", (HEX, 64)),
    "Alibaba": ("LTAI", (ALNUM, 20)),
    "Anthropic": ("sk-ant-", "api03-", (WORDY, 93), "AA"),
    "Artifactory": ("AKCp", (ALNUM, 69)),
    "Artifactory reference": ("cmVmdGtu", (ALNUM, 56)),
    "Atlassian": ("ATATT3", (WORDY, 180), "=", (HEX.upper(), 8)),
    "Atlassian data centre": ("BBDC-", (ALNUM, 44)),
    "AWS access key": ("AKIA", (UPPER + "234567", 16)),
    "AWS session key": ("ASIA", (UPPER + "234567", 16)),
    "AWS Bedrock": ("ABSK", (BASE64, 120)),
    "Azure AD": ((ALNUM, 3), "8Q~", (ALNUM, 34)),
    "Azure Storage": ((BASE64, 86), "=="),
    "Bitbucket": ("ATBB", (ALNUM, 32)),
    "Buildkite": ("bkua_", (LOWER + DIGITS, 40)),
    "CircleCI": ("CCIPAT_", (ALNUM, 22), "_", (HEX, 40)),
    "ClickHouse": ("4b1d", (ALNUM, 38)),
    "Clojars": ("CLOJARS_", (LOWER + DIGITS, 60)),
    "Cloudflare": ("cfut_", (ALNUM, 40), (HEX, 8)),
    "Cloudflare origin": ("v1.0-", (HEX, 24), "-", (HEX, 146)),
    "Contentful": ("CFPAT-", (WORDY, 43)),
    "Databricks": ("dapi", (HEX, 32)),
    "Defined": ("dnkey-", (LOWER + DIGITS, 26), "-", (LOWER + DIGITS, 52)),
    "DigitalOcean": ("dop_v1_", (HEX, 64)),
    "DigitalOcean refresh": ("dor_v1_", (HEX, 64)),
    "Discord": ((ALNUM, 24), ".", (ALNUM, 6), ".", (WORDY, 38)),
    "Docker": ("dckr_pat_", (ALNUM, 27)),
    "Doppler": ("dp.pt.", (ALNUM, 43)),
    "Duffel": ("duffel_", "live_", (WORDY, 43)),
    "Dynatrace": ("dt0c01.", (UPPER + DIGITS, 24), ".", (UPPER + DIGITS, 64)),
    "EasyPost": ("EZAK", (ALNUM, 54)),
    "ElevenLabs": ("sk_", (HEX, 48)),
    "Facebook page": ("EAAM", (ALNUM, 120)),
    "Figma": ("figp_", (ALNUM, 44)),
    "Flutterwave": ("FLWSECK-", (HEX, 32), "-X"),
    "Fly": ("fo1_", (WORDY, 43)),
    "Frame.io": ("fio-u-", (WORDY, 64)),
    "GitHub": ("ghp_", (ALNUM, 36)),
    "GitHub app": ("ghs_", (ALNUM, 36)),
    "GitHub fine-grained": ("github_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    "GitHub refresh": ("ghr_", (ALNUM, 76)),
    "GitLab": ("glpat-", (ALNUM, 20)),
    "GitLab deploy": ("gldt-", (ALNUM, 20)),
    "GitLab runner": ("glrt-", (ALNUM, 20)),
    "GitLab runner registration": ("GR1348941", (ALNUM, 20)),
    "Google": ("AIza", (WORDY, 35)),
    "Google OAuth": ("ya29.", (WORDY, 60)),
    "Google client": ("GOCSPX-", (ALNUM, 28)),
    "Grafana": ("glsa_", (ALNUM, 32), "_", (HEX, 8)),
    "Grafana Cloud": ("glc_", "eyJ", (BASE64, 80)),
    "Groq": ("gsk_", (ALNUM, 52)),
    "Harness": ("pat.", (ALNUM, 22), ".", (ALNUM, 24), ".", (ALNUM, 20)),
    "Heroku": ("HRKU-AA", (ALNUM, 58)),
    "HubSpot": ("pat-na1-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)),
    "Hugging Face": ("hf_", (string.ascii_letters, 34)),
    "Hugging Face organisation": ("api_org_", (string.ascii_letters, 34)),
    "Infracost": ("ico-", (ALNUM, 32)),
    "JWT": ("eyJ", (ALNUM, 33), ".", "eyJ", (ALNUM, 60), ".", (WORDY, 43)),
    "Kaggle": ("KGAT_", (HEX, 32)),
    "Langfuse": ("sk-lf-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)),
    "LangSmith": ("lsv2_pt_", (HEX, 32), "_", (HEX, 10)),
    "Linear": ("lin_api_", (ALNUM, 40)),
    "Lob": ("live_", (HEX, 35)),
    "Mailchimp": ((HEX, 32), "-us", "14"),
    "Mailgun": ("key-", (HEX, 32)),
    "MaxMind": ((ALNUM, 6), "_", (ALNUM, 29), "_mmk"),
    "New Relic": ("NRAK-", (UPPER + DIGITS, 27)),
    "Notion": ("ntn_", (DIGITS, 11), (ALNUM, 35)),
    "npm": ("npm_", (ALNUM, 36)),
    "NVIDIA": ("nvapi-", (WORDY, 64)),
    "Octopus": ("API-", (UPPER + DIGITS, 26)),
    "OpenAI": ("sk-proj-", (ALNUM, 58), "T3Blbk", "FJ", (ALNUM, 58)),
    "OpenAI, old": ("sk-", (ALNUM, 20), "T3Blbk", "FJ", (ALNUM, 20)),
    "OpenRouter": ("sk-or-v1-", (HEX, 64)),
    "OpenShift": ("sha256~", (WORDY, 43)),
    "Perplexity": ("pplx-", (ALNUM, 48)),
    "Pinecone": ("pcsk_", (ALNUM, 6), "_", (ALNUM, 63)),
    "PlanetScale": ("pscale_pw_", (ALNUM, 43)),
    "PostHog": ("phx_", (ALNUM, 43)),
    "Postman": ("PMAK-", (HEX, 24), "-", (HEX, 34)),
    "Prefect": ("pnu_", (ALNUM, 36)),
    "Pulumi": ("pul-", (HEX, 40)),
    "PyPI": ("pypi-", "AgEIcHlwaS5vcmc", (WORDY, 70)),
    "ReadMe": ("rdme_", (LOWER + DIGITS, 70)),
    "Replicate": ("r8_", (ALNUM, 37)),
    "RubyGems": ("rubygems_", (HEX, 48)),
    "Salesforce": ("00D", (ALNUM, 12), "!", (ALNUM, 96)),
    "Scalingo": ("tk-us-", (ALNUM, 48)),
    "SendGrid": ("SG.", (ALNUM, 22), ".", (ALNUM, 43)),
    "Sendinblue": ("xkeysib-", (HEX, 64), "-", (ALNUM, 16)),
    "Sentry": ("sntryu_", (HEX, 64)),
    "Shippo": ("shippo_", "live_", (HEX, 40)),
    "Shopify": ("shpat_", (HEX, 32)),
    "Slack app": ("xapp-", "1-", (UPPER + DIGITS, 11), "-", (DIGITS, 13), "-", (HEX, 64)),
    "Slack bot": ("xoxb-", (DIGITS, 12), "-", (DIGITS, 12), (ALNUM, 24)),
    "Slack user": ("xoxp-", (DIGITS, 12), "-", (DIGITS, 12), "-", (DIGITS, 12), "-", (HEX, 32)),
    "Sonar": ("squ_", (HEX, 40)),
    "Sourcegraph": ("sgp_", (HEX, 40)),
    "Square": ("sq0atp-", (WORDY, 22)),
    "Stripe": ("sk_", "live_", (ALNUM, 24)),
    "Stripe restricted": ("rk_", "test_", (ALNUM, 24)),
    "Supabase": ("sbp_", (HEX, 40)),
    "Tailscale": ("tskey-", "auth-", (ALNUM, 16), "-", (ALNUM, 32)),
    "Tavily": ("tvly-", "dev-", (ALNUM, 32)),
    "Telegram": ((DIGITS, 10), ":A", (WORDY, 34)),
    "Terraform Cloud": ((ALNUM, 14), ".atlasv1.", (WORDY, 66)),
    "Twilio": ("SK", (HEX, 32)),
    "Typeform": ("tfp_", (ALNUM, 44)),
    "Vault": ("hvs.", (WORDY, 95)),
    "Vault, old": ("s.", (ALNUM, 24)),
    "W&B": ("wandb_v1_", (ALNUM, 60)),
    "xAI": ("xai-", (ALNUM, 80)),
    "Yandex": ("AQVN", (WORDY, 36)),
    "Zoho": ("1000.", (HEX, 32), ".", (HEX, 32)),
    "age": ("AGE-SECRET-KEY-", "1", (UPPER + DIGITS, 58)),
    "private key": ("-----BEGIN RSA PRIVATE", " KEY-----\n", (BASE64, 64), "\n-----END RSA PRIVATE", " KEY-----"),
    "crypt": ("$6$", (ALNUM, 12), "$", (ALNUM, 86)),
    "htpasswd": ("$apr1$", (ALNUM, 8), "$", (ALNUM, 22)),
    "LDAP hash": ("{SSHA}", (BASE64, 32), "=="),
}  # fmt: skip
"""Shapes of tokens after the public rules of gitleaks, detect-secrets and TruffleHog, as pieces to draw."""

AROUND: dict[str, Callable[[str], Any]] = {
    "alone": lambda v: v,
    "sentence": lambda v: f"cloned with {v} today.",
    "comment": lambda v: f"# old: {v}\nx = 1\n",
    "harmless name": lambda v: {"note": v, "list": [v]},
    "environment": lambda v: {"env": [{"name": "SETTING", "value": v}]},
    "argument": lambda v: {"args": ["serve", f"--setting={v}", v]},
    "quoted": lambda v: f"setting = '{v}'",
    "JSON in a string": lambda v: {"config": json.dumps({"setting": [v]})},
    "broken JSON": lambda v: '{"setting": "' + v.replace("\n", "\\n") + '"',
    "YAML": lambda v: {"config": yaml.safe_dump({"setting": v})},
    "base64": lambda v: {"data": b64(f"setting: '{v}'\n")},
    "URL-encoded": lambda v: "next=" + quote(f"a {v} b"),
    "key of an object": lambda v: {"seen": {v: 1}},
}  # fmt: skip


def shaped(pieces: tuple[tuple[str, int] | str, ...], seed: int) -> str:
    return "".join(piece if isinstance(piece, str) else drawn(*piece, seed=seed + i) for i, piece in enumerate(pieces))


def test_shapes_are_many() -> None:
    assert len(SHAPES) > 100


@pytest.mark.parametrize("shape", SHAPES)
def test_token_of_a_known_shape_does_not_survive(shape: str) -> None:
    found = {}
    for seed in range(0, 300, 100):
        value = shaped(SHAPES[shape], seed)
        longest = max(
            (drawn(*piece, seed=seed + i) for i, piece in enumerate(SHAPES[shape]) if not isinstance(piece, str)),
            key=len,
        )
        for place, put in AROUND.items():
            after = json.dumps(redact({"spec": put(value)}))
            if longest[:14] in after or b64(value)[8:24] in after:
                found[place] = after
    assert found == {}
