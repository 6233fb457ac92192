"""Runs coding agents through byokey: each must write a file, run a command and end, over every upstream format.

Every run has a home, a working directory and an environment of its own. What the upstream saw is read from the
sandbox's journal, where a marker in the prompt tells the runs apart. Arguments name the clients and the providers to
run with; without any, all of those whose format is served.
"""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

BASE = os.environ["BYOKEY_BASE"]
SANDBOX = os.environ["SANDBOX_BASES"].split()[0]
SERVED = os.environ["SERVED"].split()
NODE = Path(os.environ["NODE"])
MODULES = Path(os.environ["AGENTS"]) / "node_modules"

PROVIDERS = {
    "up-chat": ("chat", "/v1/chat/completions"),
    "up-msg": ("messages", "/v1/messages"),
    "up-resp": ("responses", "/v1/responses"),
    "up-gem": ("gemini", "/v1beta/models/"),
}
"""The providers of config.yaml: the format each speaks, and how the paths of its requests begin."""

TIME_LIMIT = 120
"""Seconds for one run; the slowest takes six on two idle cores."""

FILE, CONTENT = "hello.txt", "proxied hello"
DONE = "AGENT-DONE all steps finished."


@dataclass(frozen=True)
class Place:
    """Where one run happens."""

    home: Path
    work: Path


@dataclass(frozen=True)
class Agent:
    name: str
    format: str
    """The format it speaks."""
    model: str
    """Which model it asks for, behind the provider's name."""
    launch: Callable[[Place, str, str], tuple[list, dict]]
    """The command and its environment, from a place, the model's full name and the prompt."""


def native(*patterns: str) -> Path:
    """The executable that npm installed for this machine."""
    for pattern in patterns:
        for found in sorted(MODULES.glob(pattern)):
            return found
    raise FileNotFoundError(f"none of {patterns} in {MODULES}; `tests/clients/install.sh agents` installs them")


def claude(place, model, prompt):
    binary = native("@anthropic-ai/claude-code-*/claude")
    command = [binary, "-p", prompt, "--model", model, "--allowedTools", "Write,Read,Bash"]
    return command, {"ANTHROPIC_BASE_URL": BASE, "ANTHROPIC_AUTH_TOKEN": "any", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def codex(*settings: str):
    def launch(place, model, prompt):
        command = [NODE, MODULES / "@openai/codex/bin/codex.js", "exec", "--skip-git-repo-check", "-m", model]
        command += ["--dangerously-bypass-approvals-and-sandbox", "--disable", "plugins", "--disable", "apps"]
        quiet = ["analytics.enabled=false", "check_for_update_on_startup=false"]
        command += [word for setting in (*quiet, *settings) for word in ("-c", setting)]
        return command + [prompt], {"OPENAI_API_KEY": "any"}

    return launch


def opencode(kit: str, path: str, prefix: str = ""):
    """opencode with one of the Vercel SDK's providers; `path` is what each expects at the end of its base URL."""

    def launch(place, model, prompt):
        provider = {"npm": kit, "options": {"baseURL": f"{BASE}{path}", "apiKey": "any"}, "models": {prefix + model: {}}}
        config = place.home / "opencode.json"
        config.write_text(json.dumps({"provider": {"byokey": provider}}))
        binary = native("opencode-*-baseline/bin/opencode", f"opencode-{sys.platform}-*/bin/opencode")
        quiet = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
        return [binary, "run", "-m", f"byokey/{prefix}{model}", prompt], {"OPENCODE_CONFIG": str(config), **quiet}

    return launch


def gemini(place, model, prompt):
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}}
    settings["general"] = {"enableAutoUpdate": False}
    (place.home / ".gemini").mkdir()
    (place.home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    command = [NODE, MODULES / "@google/gemini-cli/bundle/gemini.js", "-p", prompt, "-m", model, "--yolo", "--skip-trust"]
    return command, {"GOOGLE_GEMINI_BASE_URL": BASE, "GEMINI_API_KEY": "any"}


OWN_PROVIDER = codex(
    'model_provider="byokey"',
    f'model_providers.byokey={{name="byokey",base_url="{BASE}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}}',
)
BUILT_IN = codex(f'openai_base_url="{BASE}/v1"')
COMPATIBLE = opencode("@ai-sdk/openai-compatible", "/v1")
AGENTS = [
    Agent("claude", "messages", "agent", claude),
    Agent("claude-thinks", "messages", "agent-think", claude),
    # the model's name decides its tools: exec_command alone, apply_patch as free text, JavaScript as free text
    Agent("codex", "responses", "agent", OWN_PROVIDER),
    Agent("codex-thinks", "responses", "agent-think", OWN_PROVIDER),
    Agent("codex-patch", "responses", "gpt-5.5", OWN_PROVIDER),
    Agent("codex-script", "responses", "gpt-5.6-sol", OWN_PROVIDER),
    # this one tries a WebSocket first
    Agent("codex-built-in", "responses", "agent", BUILT_IN),
    Agent("opencode-chat", "chat", "agent", COMPATIBLE),
    Agent("opencode-chat-thinks", "chat", "agent-think", COMPATIBLE),
    Agent("opencode-messages", "messages", "agent", opencode("@ai-sdk/anthropic", "/v1")),
    Agent("opencode-responses", "responses", "agent", opencode("@ai-sdk/openai", "/v1")),
    # this one puts a name with a slash where `models/…` belongs
    Agent("opencode-gemini", "gemini", "agent", opencode("@ai-sdk/google", "/v1beta", "models/")),
    Agent("gemini", "gemini", "agent", gemini),
    Agent("gemini-thinks", "gemini", "agent-think", gemini),
]


def seen_by_upstream(marker: str) -> list[dict]:
    with urllib.request.urlopen(f"{SANDBOX}/_sandbox/requests", timeout=30) as answer:
        return [request for request in json.load(answer) if marker in (request["body"] or "")]


def execute(command: list, environment: dict, work: Path) -> tuple[int | None, str, str]:
    """Exit code (`None` beyond the time limit), stdout and stderr; nothing that it started outlives it."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=TIME_LIMIT)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        code = None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return code, out.decode(errors="replace"), err.decode(errors="replace")


def problems(agent: Agent, provider: str, scratch: Path) -> list[str]:
    """What is wrong with one run; empty when it did all it should."""
    place = Place(scratch / "home", scratch / "work")
    place.home.mkdir()
    place.work.mkdir()
    marker = f"marker-{uuid.uuid4().hex}"
    prompt = f"Create {FILE}, then print it ({marker})."
    command, extra = agent.launch(place, f"{provider}/{agent.model}", prompt)
    environment = {"PATH": f"{NODE.parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(place.home), "TMPDIR": str(scratch)}
    environment |= {"TERM": "dumb", "NO_COLOR": "1", "LANG": "C.UTF-8", **extra}
    code, out, err = execute(command, environment, place.work)
    requests = seen_by_upstream(marker)

    found = []
    if code is None:
        found.append(f"still ran after {TIME_LIMIT} s")
    elif code != 0:
        found.append(f"exit code {code}")
    if DONE not in out:
        found.append("stdout lacks the final text")
    file = place.work / FILE
    written = file.read_text(errors="replace") if file.is_file() else None
    if written is None or written.strip() != CONTENT:
        found.append(f"{FILE} holds {written!r}")
    _, path = PROVIDERS[provider]
    astray = sorted({request["path"] for request in requests if not request["path"].startswith(path)})
    if astray:
        found.append(f"the upstream was asked at {', '.join(astray)}")
    if len(requests) < 3:
        found.append(f"the upstream saw {len(requests)} requests")
    for request in requests:
        if request["status"] != 200 or request["outcome"] != "completed":
            found.append(f"the upstream's answer to request {request['number']}: {request['status']}, {request['outcome']}")
    if found:
        found += [f"{name}: {text.strip()[-600:]}" for name, text in (("stdout", out), ("stderr", err)) if text.strip()]
    return found


def main() -> None:
    named = set(sys.argv[1:])
    agents = [agent for agent in AGENTS if agent.name in named] or [agent for agent in AGENTS if agent.format in SERVED]
    upstreams = [provider for provider in PROVIDERS if provider in named]
    upstreams = upstreams or [provider for provider, (format, _) in PROVIDERS.items() if format in SERVED]
    scratch = Path(tempfile.mkdtemp(prefix="byokey-agents-"))

    def attempt(job) -> tuple[list[str], float]:
        agent, provider = job
        place = scratch / f"{agent.name}-{provider}"
        place.mkdir()
        started = time.monotonic()
        try:
            found = problems(agent, provider, place)
        except Exception as error:  # a run may fail in any way; each is shown
            found = [f"{type(error).__name__}: {error}"]
        shutil.rmtree(place, ignore_errors=True)
        return found, time.monotonic() - started

    jobs = [(agent, provider) for agent in agents for provider in upstreams]
    try:
        with ThreadPoolExecutor(max(2, (os.cpu_count() or 2) // 2)) as pool:
            outcomes = dict(zip(jobs, pool.map(attempt, jobs)))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

    for (agent, provider), (found, _) in outcomes.items():
        if found:
            print(f"FAILED agents | {agent.name} | {provider}: " + "\n    ".join(found))
    print(f"\n{'client':<22}{'speaks':<11}" + "".join(f"{provider:<14}" for provider in upstreams))
    for agent in agents:
        cells = (outcomes[agent, provider] for provider in upstreams)
        shown = (f"{'FAILED' if found else 'ok'} {seconds:.1f} s" for found, seconds in cells)
        print(f"{agent.name:<22}{agent.format:<11}" + "".join(f"{cell:<14}" for cell in shown))
    passed = sum(not found for found, _ in outcomes.values())
    print(f"RESULT agents\t{passed}\t{len(outcomes) - passed}\t{passed}/{len(outcomes)} ({platform.machine()})")
    sys.exit(0 if passed == len(outcomes) and outcomes else 1)


if __name__ == "__main__":
    main()
