"""The settings of the sink that settles votes."""

from dataclasses import dataclass

from votepipe import setting


@dataclass(frozen=True, kw_only=True)
class Settings:
    quiet_period_seconds: int = setting(
        "Seconds without a change until a vote has settled",
        default=120,
        local="1",
        parameter="QuietPeriodSeconds",
    )
    maximum_wait_seconds: int = setting(
        "Seconds from a vote's first unsettled change until it settles at the latest",
        default=900,
        local="30",
        parameter="MaximumWaitSeconds",
    )
