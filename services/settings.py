"""What an operator can set, read from the environment once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Every setting is an environment variable: `BACKBONE_` and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="folder of logs, keys, bank files, views and the embedded ClickHouse")
    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers of Kafka")
    clickhouse: str = Field("", description="ClickHouse: empty for the embedded engine under the data folder, or an http(s) URL")
    store: str = Field("rocksdb", description="where the views are kept: `rocksdb` or `memory`", pattern="^(rocksdb|memory)$")
    oidc_issuer: str = Field("", description="OIDC issuer URL; empty for the development issuer under the data folder")
    oidc_audience: str = Field("backbone", description="audience that a token must carry")
    token: str = Field("", description="bearer token of operators' commands; without it one of the development issuer", repr=False)
    anchors: str = Field(
        "",
        description="folder for the heads of the processing and audit logs, best of another machine; empty for `anchors` under data",
    )
    oin: str = Field(
        "00000000000000000000", description="organisation number (OIN, 20 digits) in the source of events", pattern=r"^\d{20}$"
    )
    host: str = Field("127.0.0.1", description="address that the processes listen on")
    intake_port: int = Field(8101, description="port of intake")
    benefits_port: int = Field(8102, description="port of benefits")
    handover_port: int = Field(8103, description="port of handover")
    views_port: int = Field(8104, description="port of the views' read API")
    sink_port: int = Field(8105, description="port of the sink's health and metrics, and of its quarantine")
    clickhouse_port: int = Field(8123, description="port of the read-only ClickHouse gateway")
    kafka_port: int = Field(9092, description="port of the broker that `deploy/run` starts")
    clock_offset_days: int = Field(0, description="days by which the clock is shifted, for a rehearsal of a past scheme year")
    clock_jump_seconds: int = Field(3600, description="a jump of the system clock above this stops the clock until an operator looks")
    hang_seconds: float = Field(120, gt=0, description="a process whose work shows no life for so long ends itself with exit code 1")
    body_limit_bytes: int = Field(10_000_000, description="largest request body")
    debtor_name: str = Field("Regional Work and Income Organisation", description="name on whose account benefits are paid")
    debtor_iban: str = Field("", description="account that benefits are paid from; `serve benefits` does not start without it")
    debtor_ibans: str = Field(
        "", description="accounts of municipalities that pay from their own, as `GM0361=IBAN,GM0373=IBAN/BIC`; others pay from the above"
    )
    debtor_bic: str = Field("", description="BIC of the bank of `BACKBONE_DEBTOR_IBAN`, where the bank asks for it")
    file_transactions: int = Field(20_000, description="payments per payment file; a larger run is split")

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Settings of this process; raises `pydantic.ValidationError` naming every wrong one."""
        source = os.environ if environment is None else environment
        return cls.model_validate({name: source[key] for name in cls.model_fields if (key := f"BACKBONE_{name.upper()}") in source})

    @property
    def anchors_folder(self) -> Path:
        """Where the heads of the logs are written down."""
        return Path(self.anchors) if self.anchors else self.data / "anchors"

    def source(self, service: str) -> str:
        """CloudEvents source of a service."""
        return f"urn:nld:oin:{self.oin}:systeem:{service}"
