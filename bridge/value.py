"""The frozen value that everything is made of that crosses a file, a socket, the store or a process boundary."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value with nothing in it that was not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
