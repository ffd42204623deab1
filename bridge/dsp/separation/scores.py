"""Separation against the truth: how much of each stem is right, and what the rest is.

SDR here is the plain one (energy of the truth over that of the error, as MDX'21 and Demucs use it): it forgives
nothing.
SI-SDR forgives a wrong gain. SIR and SAR (BSS Eval, Vincent et al. 2006) forgive a filter of 512 taps, and tell what
comes from other stems from what comes from nowhere; they are the mean over channels.
"""

from collections.abc import Mapping
from typing import Any

import fast_bss_eval
import numpy as np
import torch
from numpy.typing import NDArray

from bridge.audio.signal import Samples
from bridge.separation import StemScore

FILTER_TAPS = 512
SCORE_DB_MAX = 200.0
"""A perfect stem; JSON has no infinity."""
SILENCE = 1e-12
bss_eval_sources: Any = fast_bss_eval.bss_eval_sources
"""Its own types speak of a private class."""


def scores(truth: Mapping[str, Samples], estimates: Mapping[str, Samples]) -> tuple[StemScore, ...]:
    """A score for each stem of the truth; None throughout where the true stem is silent.

    Args:
        truth: samples (channels, frames) by stem, all of one shape.
        estimates: the same names and shapes.
    """
    names = [name for name, samples in truth.items() if float(np.square(samples).mean()) > SILENCE]
    interference = _interference(names, truth, estimates) if len(names) > 1 else {}
    return tuple(
        StemScore(
            name=name,
            sdr_db=_sdr_db(truth[name], estimates[name]) if name in names else None,
            si_sdr_db=_si_sdr_db(truth[name], estimates[name]) if name in names else None,
            sir_db=interference.get(name, (None, None))[0],
            sar_db=interference.get(name, (None, None))[1],
        )
        for name in truth
    )


def _interference(
    names: list[str], truth: Mapping[str, Samples], estimates: Mapping[str, Samples]
) -> dict[str, tuple[float, float]]:
    """SIR and SAR of each stem: float64 and the direct solver, because others give wrong figures for long songs."""
    channels = truth[names[0]].shape[0]
    per_channel: list[NDArray[np.float64]] = []
    for channel in range(channels):
        reference = _stacked([truth[name][channel] for name in names])
        estimate = _stacked([estimates[name][channel] for name in names])
        _, sir, sar = bss_eval_sources(
            reference, estimate, filter_length=FILTER_TAPS, compute_permutation=False, use_cg_iter=None
        )
        per_channel.append(np.stack([sir.numpy(), sar.numpy()], axis=1))
    means = np.mean(per_channel, axis=0)
    return {name: (_bounded(means[i, 0]), _bounded(means[i, 1])) for i, name in enumerate(names)}


def _stacked(rows: list[NDArray[np.float32]]) -> torch.Tensor:
    """With a breath of noise at -180 dBFS: a channel of digital silence has no inverse."""
    stacked = torch.from_numpy(np.stack(rows).astype(np.float64))
    noise = torch.randn(stacked.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return stacked + 1e-9 * noise


def _sdr_db(truth: Samples, estimate: Samples) -> float:
    reference = truth.astype(np.float64)
    return _ratio_db(np.square(reference).sum(), np.square(reference - estimate).sum())


def _si_sdr_db(truth: Samples, estimate: Samples) -> float:
    """Scale-invariant SDR (Le Roux et al. 2019), over all channels at once."""
    reference, given = truth.astype(np.float64).ravel(), estimate.astype(np.float64).ravel()
    target = reference * (reference @ given / (reference @ reference))
    return _ratio_db(float(target @ target), np.square(given - target).sum())


def _ratio_db(signal: float, error: float) -> float:
    return _bounded(10.0 * np.log10(max(float(signal), 1e-30) / max(float(error), 1e-30)))


def _bounded(value: float) -> float:
    return round(float(np.clip(value, -SCORE_DB_MAX, SCORE_DB_MAX)), 3)
