from __future__ import annotations

from swarmd.api.operators.agreement_metrics import agreement_families
from swarmd.core.agreement import Agreement
from swarmd.core.index.histogram import Histogram


def test_one_that_is_alone_has_none() -> None:
    assert list(agreement_families(None)) == []


def test_what_is_counted_is_shown() -> None:
    times = Histogram((0.01, 0.1))
    times.observe(0.05)
    found = agreement_families(Agreement(True, False, 3, 1, 4, 10, 2, 1, times))
    samples = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in found
        for sample in family.samples
    }
    assert samples["swarmd_store_joined", None] == 1 and samples["swarmd_leads", None] == 0
    assert samples["swarmd_managers", None] == 3 and samples["swarmd_terms_total", None] == 4
    assert samples["swarmd_store_commits_total", None] == 10
    assert samples["swarmd_store_commit_seconds_bucket", "0.1"] == 1
    assert samples["swarmd_store_commit_seconds_sum", None] == 0.05
