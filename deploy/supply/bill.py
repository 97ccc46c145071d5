"""The bill of materials (CycloneDX): every package and jar that the running product consists of, the same bytes each time."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import orjson
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy.broker.jars import locked
from deploy.supply.locks import Pinned, licence, packages

PLACE: Final = ".sbom/backbone.cdx.json"


def faults(root: Path) -> Iterator[str]:
    """Write the bill to `.sbom/` in the checkout; what its own schema has against it."""
    text = made(root)
    yield from against_schema(text)
    place = root / PLACE
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")


def against_schema(text: str) -> Iterator[str]:
    """What the schema of CycloneDX 1.6 says of a text."""
    for error in JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True) or ():
        yield f"the bill of materials breaks its schema: {error.data}"


def made(root: Path) -> str:
    """The bill of a checkout as JSON. Without serial number and time, so that two of the same locks are the same text."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bom = Bom()
    product = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref=project["name"])
    bom.metadata.component = product
    bom.components.update(_wheels(root), _jars(root))
    bom.register_dependency(product, bom.components)
    told = orjson.loads(JsonV1Dot6(bom).output_as_string())
    told.pop("serialNumber", None)
    told["metadata"].pop("timestamp", None)
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def _wheels(root: Path) -> Iterator[Component]:
    for lock in ("run.txt", "schemas.txt"):
        for _line, one in packages(root / "deploy" / "locks" / lock):
            if isinstance(one, Pinned):
                yield _component(one.name, one.version, PackageURL("pypi", name=one.name, version=one.version), _licence(one.name))


def _jars(root: Path) -> Iterator[Component]:
    for jar in locked(root / "deploy" / "broker" / "jars.lock"):
        made_of = _component(jar.artifactId, jar.version, PackageURL("maven", jar.groupId, jar.artifactId, jar.version), "")
        made_of.group = jar.groupId
        made_of.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=str(jar.sha256)))
        yield made_of


def _component(name: str, version: str, purl: PackageURL, said: str) -> Component:
    licences = [DisjunctiveLicense(name=said)] if said else []
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl), licenses=licences)


def _licence(name: str) -> str:
    """As the installed package says it; nothing for one of another platform."""
    try:
        return licence(distribution(name))
    except PackageNotFoundError:
        return ""
