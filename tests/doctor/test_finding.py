from __future__ import annotations

from swarmd.doctor.finding import as_json, error, ok, shown, warning


def test_for_people() -> None:
    assert shown([ok("a", "fine")]) == "ok       a: fine\n\nAll is well."
    assert shown([warning("a", "slow", "mend it"), error("b", "gone")]).splitlines() == [
        "warning  a: slow",
        "           -> mend it",
        "error    b: gone",
        "",
        "1 error, 1 warning.",
    ]
    assert shown([warning("a", "x"), warning("b", "x")]).endswith("no errors, 2 warnings.")


def test_for_programs() -> None:
    assert as_json([ok("a", "fine"), error("b", "gone", "look")]) == {
        "Errors": 1,
        "Warnings": 0,
        "Findings": [
            {"Level": "ok", "About": "a", "Text": "fine", "Fix": ""},
            {"Level": "error", "About": "b", "Text": "gone", "Fix": "look"},
        ],
    }
