"""The same work for pyinfra; work.ts says what it is. Public parts of other hosts are facts of those hosts."""
import json
import os
import re
from io import StringIO

from pyinfra import host, inventory
from pyinfra.facts.files import File
from pyinfra.facts.server import Command
from pyinfra.operations import files, server

with open(os.environ["WORK"]) as text:
    everything = json.load(text)
work = everything[host.name]


def published(name, key):
    script = next(one["script"] for one in everything[name]["publishes"] if one["key"] == key)
    return inventory.get_host(name).get_fact(Command, script) or ""


def filled(content):
    return re.sub(r"\(([^()]+) of (\w+)\)", lambda found: published(found[2], found[1]), content)


for item in work["makes"]:
    if not host.get_fact(File, path=item["creates"]):
        server.shell(name=item["creates"], commands=[item["script"]])
if os.environ["STAGE"] == "rest":
    changes = [
        files.put(
            name=item["path"],
            src=StringIO(filled(item["content"])),
            dest=item["path"],
            mode=item["mode"].lstrip("0"),
            user=item["owner"],
            group=item["group"],
        )
        for item in work["files"]
    ]
    for item in work["blocks"]:
        changes.append(
            files.block(
                name=item["path"],
                path=item["path"],
                content=item["block"],
                marker="# mailtun: {mark}",
                begin="begin",
                end="end",
            )
        )
    for item in work["lines"]:
        changes.append(files.line(name=item["path"], path=item["path"], line="^" + re.escape(item["line"]) + "$", replace=item["line"]))
    if os.environ["APPLY"] == "yes":
        for line in work["apply"]:
            server.shell(name=line, commands=[line])
    for line in work["checks"]:
        host.get_fact(Command, line + " 2>&1; true")
