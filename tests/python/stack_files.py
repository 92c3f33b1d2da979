"""Checks the files that only a container engine runs: `stack_files.py ROOT`.

No container engine runs where tests run, so this reads what can be read: `dashboards/compose.yaml` against the keys and rules
below, `Dockerfile` against its own stages, the files that it copies, `.dockerignore`, and the programs that it calls. Every problem
is told at once; exit 1 if there is one.
"""

import fnmatch
import json
import re
import sys
from pathlib import Path

import yaml

PINNED = re.compile(r"^[a-z0-9./-]+:[A-Za-z0-9][A-Za-z0-9_.-]*@sha256:[0-9a-f]{64}$")
# Of a service, as the compose specification has them; a key that is not here is a slip until somebody adds it.
SERVICE = {
    "image", "build", "command", "entrypoint", "environment", "volumes", "ports", "depends_on", "healthcheck", "restart",
    "read_only", "cap_drop", "security_opt", "tmpfs", "logging", "mem_limit", "network_mode", "stop_grace_period",
}  # fmt: skip
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period", "disable"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
TOP = {"name", "services", "volumes"}
DURATION = re.compile(r"^\d+(ms|s|m|h)$")
# Programs that the images bring along.
IN_IMAGE = {
    "rust": {"cargo", "strip", "install", "ldd", "awk", "readlink", "dirname", "basename", "find", "touch", "for", "do", "done", "bash"},
    "debian": {"bash"},
}  # fmt: skip
LISTENING = {"touchload": {8080, 5433}, "prometheus": {9090}, "alertmanager": {9093}, "grafana": {3000}}

problems: list[str] = []


def problem(text: str) -> None:
    problems.append(text)


class Strict(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error."""


def mapping(loader: Strict, node: yaml.MappingNode) -> dict:
    names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        problem(f"line {node.start_mark.line + 1}: {', '.join(sorted(twice))} stands twice")
    loader.flatten_mapping(node)
    return {loader.construct_object(key): loader.construct_object(value, deep=True) for key, value in node.value}


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


class Compose:
    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "dashboards"
        self.said = yaml.load((self.folder / "compose.yaml").read_text(), Strict)
        self.services: dict = self.said["services"]

    def check(self) -> None:
        extra = {key for key in self.said if key not in TOP and not key.startswith("x-")}
        if extra:
            problem(f"compose.yaml: unknown keys {sorted(extra)}")
        for name, service in self.services.items():
            self.service(name, service)
        used = {self.source(one)[0] for service in self.services.values() for one in service.get("volumes", [])}
        declared = set(self.said["volumes"])
        named = {source for source in used if not source.startswith(".")}
        if named != declared:
            problem(f"compose.yaml: volumes {sorted(named ^ declared)} are declared or used, not both")

    @staticmethod
    def source(volume: str) -> list[str]:
        return volume.split(":")

    def service(self, name: str, service: dict) -> None:
        extra = set(service) - SERVICE
        if extra:
            problem(f"{name}: unknown keys {sorted(extra)}")
        self.image(name, service)
        for key in ("cap_drop", "security_opt", "logging"):
            if key not in service:
                problem(f"{name}: without {key}")
        if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", []):
            problem(f"{name}: keeps privileges")
        self.health(name, service)
        for other, how in service.get("depends_on", {}).items():
            self.dependency(name, other, how["condition"])
        for port in service.get("ports", []):
            match = re.fullmatch(r"127\.0\.0\.1:(\d+):(\d+)", port)
            if not match:
                problem(f"{name}: port {port} is open beyond this machine")
            elif int(match[2]) not in LISTENING.get(name, ()):
                problem(f"{name}: nothing listens on {match[2]}")
        for key, value in service.get("environment", {}).items():
            if not isinstance(value, str):
                problem(f"{name}: {key} is no text: YAML made {value!r} of it")
            if re.search("PASSWORD|SECRET|TOKEN|KEY", key) and not key.endswith("__FILE"):
                problem(f"{name}: {key} is a secret in the file")
        for volume in service.get("volumes", []):
            source, target, *mode = self.source(volume)
            if source.startswith("."):
                if not (self.folder / source).exists():
                    problem(f"{name}: {source} is not there to be mounted")
                if mode != ["ro"]:
                    problem(f"{name}: {source} can be written from the container")
            if not target.startswith("/"):
                problem(f"{name}: {target} is no path in the container")

    def image(self, name: str, service: dict) -> None:
        image, build = service.get("image", ""), service.get("build")
        if build is None and not PINNED.match(image):
            problem(f"{name}: image {image} is not pinned by version and digest")
        if build is not None:
            context = (self.folder / build["context"]).resolve()
            if context != self.root.resolve():
                problem(f"{name}: is built from {context}")
            if build["target"] not in stages(self.root):
                problem(f"{name}: Dockerfile has no stage {build['target']}")

    def health(self, name: str, service: dict) -> None:
        check = service.get("healthcheck", {})
        extra = set(check) - HEALTHCHECK
        if extra:
            problem(f"{name}: unknown keys of healthcheck {sorted(extra)}")
        for key in ("interval", "timeout", "start_period"):
            if key in check and not DURATION.match(str(check[key])):
                problem(f"{name}: healthcheck.{key} {check[key]} is no duration")

    def is_watched(self, name: str) -> bool:
        """Whether something says that the service is healthy: its own check, or that of our image."""
        service = self.services[name]
        if service.get("healthcheck", {}).get("disable"):
            return False
        return "test" in service.get("healthcheck", {}) or service.get("image") == "touchload:local"

    def dependency(self, name: str, other: str, condition: str) -> None:
        if other not in self.services:
            problem(f"{name}: depends on {other}, which is not there")
            return
        if condition not in CONDITIONS:
            problem(f"{name}: unknown condition {condition}")
        if condition == "service_healthy" and not self.is_watched(other):
            problem(f"{name}: waits for {other} to be healthy, which nothing tells")
        if condition == "service_completed_successfully" and self.services[other].get("restart") != "no":
            problem(f"{name}: waits for the end of {other}, which is started again for ever")


def instructions(root: Path) -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with their continuation lines."""
    text = re.sub(r"^\s*#.*\n", "", (root / "Dockerfile").read_text(), flags=re.M)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines]


def stages(root: Path) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions(root):
        if word == "FROM":
            found[rest.split(" AS ")[-1]] = []
        list(found.values())[-1].append((word, rest))
    return found


def is_ignored(root: Path, path: str) -> bool:
    """By `.dockerignore`: the last pattern that fits a path or a folder above it wins."""
    ignored = False
    for line in (root / ".dockerignore").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        back, pattern = line.startswith("!"), line.lstrip("!").rstrip("/")
        parts = path.split("/")
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(fnmatch.fnmatch(one, pattern) and (pattern != "*" or "/" not in one) for one in above):
            ignored = not back
    return ignored


def dockerfile(root: Path) -> None:
    earlier: set[str] = set()
    for name, words in stages(root).items():
        base = words[0][1].split(" AS ")[0]
        if base not in earlier and not PINNED.match(base):
            problem(f"Dockerfile: stage {name} rests on {base}, which is not pinned")
        brought = next((programs for image, programs in IN_IMAGE.items() if base.startswith(image)), set())
        ours = {"touchload"} if name != "build" else set()
        for word, rest in words:
            if word == "COPY":
                ours |= copied(root, rest, earlier)
            if word == "RUN":
                called(name, rest, brought)
            if word in ("ENTRYPOINT", "HEALTHCHECK"):
                program = json.loads(rest[rest.index("[") :])[0]
                if program not in brought | ours:
                    problem(f"Dockerfile: {name} calls {program}, which is not in it")
        users = [rest for word, rest in words if word == "USER"]
        if name != "build" and (not users or users[-1].split(":")[0] in ("0", "root")):
            problem(f"Dockerfile: {name} runs as root")
        earlier.add(name)
    text = (root / "Dockerfile").read_text()
    for needed in ("--locked", "SOURCE_DATE_EPOCH", "HEALTHCHECK"):
        if needed not in text:
            problem(f"Dockerfile: without {needed}")
    if re.search(r"apt-get|curl|wget|\bADD\b", text):
        problem("Dockerfile: fetches what no digest pins")
    for member in re.findall(r'"([a-z]+)"', re.search(r"^members = \[(.*)\]", (root / "Cargo.toml").read_text(), re.M)[1]):
        if f"COPY {member} {member}\n" not in text:
            problem(f"Dockerfile: the crate {member} is not copied")


def copied(root: Path, rest: str, earlier: set[str]) -> set[str]:
    """Looks whether what is copied is there; gives the programs that it brings."""
    *sources, target = [word for word in rest.split() if not word.startswith("--")]
    stage = re.search(r"--from=(\S+)", rest)
    if stage:
        if stage[1] not in earlier:
            problem(f"Dockerfile: copies from {stage[1]}, which is no earlier stage")
        return set()
    for source in sources:
        if not (root / source).exists():
            problem(f"Dockerfile: copies {source}, which is not there")
        elif is_ignored(root, source):
            problem(f"Dockerfile: copies {source}, which .dockerignore leaves out")
    return {Path(target).name}


def called(stage: str, script: str, brought: set[str]) -> None:
    script = re.sub(r"--mount=\S+", "", script)
    # The first word of every command, and of what stands behind `$(`.
    starts = re.split(r"[;|&]|\$\(|\bdo\b", re.sub(r"'[^']*'", "''", script))
    for start in starts:
        words = start.strip().strip("\"").split()
        if words and words[0] not in brought and not words[0].startswith(("-", '"', "$", ")")):
            problem(f"Dockerfile: {stage} calls {words[0]}, which its base is not known to have")


def main(root: Path) -> None:
    compose = Compose(root)
    compose.check()
    dockerfile(root)
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{len(compose.services)} services, {len(stages(root))} stages, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
