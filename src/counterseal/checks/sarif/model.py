"""The parts of SARIF 2.1.0 that say what was found; everything else is passed over without being kept.

Names and meanings are those of the specification (OASIS SARIF 2.1.0, section 3). Many tools write null for
what is absent, so both mean the same here.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """Base of every part: immutable, unknown members passed over."""


class Text(Part, frozen=True):
    """A message (3.11) or multiformat message string (3.12)."""

    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: tuple[str, ...] | None = None


class Properties(Part, frozen=True, rename="kebab"):
    """The members of a property bag (3.8) that scanners agree on."""

    security_severity: Any = None
    tags: Any = None
    precision: Any = None
    cwe: Any = None


class Configuration(Part, frozen=True):
    """A reporting configuration (3.50)."""

    level: str | None = None
    enabled: bool | None = None


class ComponentReference(Part, frozen=True):
    """A tool component reference (3.54)."""

    name: str | None = None
    index: int | None = None
    guid: str | None = None


class RuleReference(Part, frozen=True):
    """A reporting descriptor reference (3.52)."""

    id: str | None = None
    index: int | None = None
    tool_component: ComponentReference | None = None


class Relationship(Part, frozen=True):
    """A reporting descriptor relationship (3.53)."""

    target: RuleReference | None = None


class Rule(Part, frozen=True):
    """A reporting descriptor (3.49)."""

    id: str
    name: str | None = None
    short_description: Text | None = None
    full_description: Text | None = None
    help: Text | None = None
    help_uri: str | None = None
    message_strings: dict[str, Text] | None = None
    default_configuration: Configuration | None = None
    properties: Properties | None = None
    relationships: tuple[Relationship, ...] | None = None


class Component(Part, frozen=True):
    """A tool component (3.19)."""

    name: str
    guid: str | None = None
    version: str | None = None
    semantic_version: str | None = None
    rules: tuple[Rule, ...] | None = None


class Tool(Part, frozen=True):
    """A tool (3.18)."""

    driver: Component
    extensions: tuple[Component, ...] | None = None


class ArtifactLocation(Part, frozen=True):
    """An artifact location (3.4)."""

    uri: str | None = None
    uri_base_id: str | None = None
    index: int | None = None


class Artifact(Part, frozen=True):
    """An artifact (3.24)."""

    location: ArtifactLocation | None = None


class Region(Part, frozen=True):
    """A region (3.30)."""

    start_line: Annotated[int, msgspec.Meta(le=2**53 - 1)] | None = None
    snippet: Text | None = None


class PhysicalLocation(Part, frozen=True):
    """A physical location (3.29)."""

    artifact_location: ArtifactLocation | None = None
    region: Region | None = None


class LogicalLocation(Part, frozen=True):
    """A logical location (3.33)."""

    fully_qualified_name: str | None = None
    name: str | None = None


class Location(Part, frozen=True):
    """A location (3.28)."""

    physical_location: PhysicalLocation | None = None
    logical_locations: tuple[LogicalLocation, ...] | None = None


class Suppression(Part, frozen=True):
    """A suppression (3.35)."""

    kind: str | None = None
    status: str | None = None
    justification: str | None = None


class Result(Part, frozen=True):
    """A result (3.27)."""

    rule_id: str | None = None
    rule_index: int | None = None
    rule: RuleReference | None = None
    level: str | None = None
    kind: str | None = None
    message: Text | None = None
    locations: tuple[Location, ...] | None = None
    partial_fingerprints: dict[str, str] | None = None
    suppressions: tuple[Suppression, ...] | None = None
    baseline_state: str | None = None
    taxa: tuple[RuleReference, ...] | None = None
    properties: Properties | None = None


class Notification(Part, frozen=True):
    """A notification (3.58)."""

    level: str | None = None
    message: Text | None = None


class Override(Part, frozen=True):
    """A configuration override (3.51)."""

    descriptor: RuleReference | None = None
    configuration: Configuration | None = None


class Invocation(Part, frozen=True):
    """An invocation (3.20)."""

    execution_successful: bool | None = None
    process_start_failure_message: str | None = None
    exit_signal_name: str | None = None
    exit_signal_number: int | None = None
    rule_configuration_overrides: tuple[Override, ...] | None = None
    tool_execution_notifications: tuple[Notification, ...] | None = None
    tool_configuration_notifications: tuple[Notification, ...] | None = None


class Conversion(Part, frozen=True):
    """How a converter made this of something else (3.22)."""

    invocation: Invocation | None = None


class Run(Part, frozen=True):
    """A run (3.14); its results are left as they stand in the file, to be decoded one by one."""

    tool: Tool
    results: list[msgspec.Raw] | None = None
    invocations: tuple[Invocation, ...] | None = None
    conversion: Conversion | None = None
    artifacts: tuple[Artifact, ...] | None = None
    original_uri_base_ids: dict[str, ArtifactLocation] | None = None
    external_property_file_references: Any = None


class Log(Part, frozen=True):
    """A log file (3.13)."""

    version: str
    runs: tuple[Run, ...] | None = None
    inline_external_properties: Any = None
