"""What a master is made from: the same gives the same."""

from typing import NamedTuple

from bridge.chains import Chain, Playbook


class Origin(NamedTuple):
    """Everything but the request that shapes a master."""

    chain: Chain
    playbook: Playbook
    """By which the chain's `auto` is decided."""
    mix_digest: str
    """Of the decoded samples."""
    key: str
    """Of all of it, the request's options included."""
