from swarmd.core.container.personal_labels import PROOF, REPLACES
from swarmd.manager.moving.replacement_label import labels_of_replacement, proves

KEY, OLD = b"secret", "a" * 64


def test_only_the_key_makes_a_proof_and_only_for_one_container() -> None:
    labels = labels_of_replacement(KEY, OLD)
    assert proves(KEY, labels, OLD)
    assert not proves(b"other", labels, OLD)
    assert not proves(KEY, labels, "b" * 64)
    assert not proves(KEY, {**labels, REPLACES: "b" * 64}, "b" * 64)
    assert not proves(KEY, {REPLACES: OLD}, OLD)
    assert not proves(KEY, {**labels, PROOF: "h\u00e9"}, OLD)
