"""Rows on the ground, and the sentence that sums a batch up."""

from maquette.blender_addon.batch import TEXTS, VARIATIONS, new_batch


def test_variations_stand_in_one_row_and_texts_in_a_square():
    row = new_batch("a chair", 3, (1.0, 2.0, 0.0), 0.0, VARIATIONS, 3)
    assert [row.shelf.next(1, 1) for _ in range(3)] == [(1.0, 2.0, 0.0), (2.25, 2.0, 0.0), (3.5, 2.0, 0.0)]
    square = new_batch("wishes", 4, (0.0, 0.0, 0.0), 0.0, TEXTS)
    assert [square.shelf.next(1, 1)[:2] for _ in range(4)] == [(0, 0), (1.25, 0), (0, 1.25), (1.25, 1.25)]


def test_the_summary_names_what_was_skipped_and_counts_what_was_doubtful():
    batch = new_batch("wishes", 4, (0.0, 0.0, 0.0), 0.0, TEXTS)
    batch.made, batch.cancelled = 2, 1
    batch.skipped.append(("a chair (seed 1)", "No."))
    batch.warned += [("a lamp (seed 2)", "Hm."), ("a lamp (seed 2)", "Hm!")]
    assert batch.over
    assert batch.summary() == (
        "2 of 4 texts in “wishes” became objects; 1 cancelled; skipped a chair (seed 1); "
        "1 with a warning, kept on the object."
    )


def test_trying_one_again_takes_back_that_one_alone():
    batch = new_batch("wishes", 3, (0.0, 0.0, 0.0), 0.0, TEXTS)
    batch.skipped += [("a chair (seed 1)", "No."), ("a chair (seed 1)", "No.")]
    batch.cancelled = 1
    batch.reopen("a chair (seed 1)")
    assert len(batch.skipped) == 1 and batch.cancelled == 1
    batch.reopen("a lamp (seed 2)")
    assert len(batch.skipped) == 1 and batch.cancelled == 0
