"""Guards: how much loudness may cost before it is lowered; in chains and genres, as data."""

from pydantic import Field

from bridge.value import Value


class Guards(Value):
    """Limits of what the last limiter may do to the music; None leaves a guard out."""

    average_reduction_lu_max: float | None = Field(
        default=None,
        gt=0,
        le=6,
        description="Loudness that limiting may take away over the whole song.",
        json_schema_extra={"unit": "LU"},
    )
    peak_reduction_db_max: float | None = Field(
        default=None,
        gt=0,
        le=40,
        description="Most gain reduction, averaged over 10 ms.",
        json_schema_extra={"unit": "dB"},
    )
    plr_lu_min: float | None = Field(
        default=None, ge=0, le=30, description="Least PLR of the master.", json_schema_extra={"unit": "LU"}
    )
    punch_loss_db_max: float | None = Field(
        default=None,
        gt=0,
        le=20,
        description="How much less hits may stand out, in the bands of drums.",
        json_schema_extra={"unit": "dB"},
    )
    bass_modulation_db_max: float | None = Field(
        default=None,
        gt=0,
        le=20,
        description="How far the limiter may move the bass (40 to 120 Hz) within 200 ms, RMS.",
        json_schema_extra={"unit": "dB"},
    )
    low_correlation_loss_max: float | None = Field(
        default=None, gt=0, le=2, description="How far the correlation of left and right below 120 Hz may fall."
    )

    def over(self, other: "Guards") -> "Guards":
        """The other's guards with these put over them."""
        return Guards.model_validate(other.model_dump() | self.model_dump(exclude_none=True))


NO_GUARDS = Guards()
