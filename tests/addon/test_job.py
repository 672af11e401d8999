"""What a result must be before Blender is handed it."""

import numpy as np
import pytest
from maquette.blender_addon.job import LONGEST_PICTURE, check_cloud, check_cutout, check_result
from maquette.blender_addon.link import ProtocolError


def cloud(count=5, **changes):
    arrays = {
        "points": np.zeros((count, 3), np.float32),
        "colours": np.zeros((count, 4), np.uint8),
        "scales": np.ones((count, 3), np.float32),
        "rotations": np.ones((count, 4), np.float32),
        "normals": np.ones((count, 3), np.float32),
    }
    arrays |= changes
    return {name: array for name, array in arrays.items() if array is not None}


def with_one(value, shape=(5, 3)):
    array = np.zeros(shape, np.float32)
    array[-1, -1] = value
    return array


def test_clouds_of_points_and_of_gaussians_are_taken():
    check_cloud(cloud())
    check_cloud(cloud(normals=None))
    check_cloud(cloud(scales=None, rotations=None))
    check_result("cloud", {name: memoryview(array) for name, array in cloud().items()})


@pytest.mark.parametrize(
    "changes",
    [
        {"points": None},
        {"colours": None},
        {"points": np.zeros((4, 3), np.float32)},
        {"points": np.zeros(15, np.float32)},
        {"points": np.zeros((5, 3), np.int32)},
        {"points": np.zeros((5, 1, 3), np.float32)},
        {"points": with_one(np.nan)},
        {"colours": np.zeros((5, 3), np.uint8)},
        {"colours": np.zeros((5, 4), np.float32)},
        {"colours": np.zeros((6, 4), np.uint8)},
        {"scales": None},
        {"rotations": None},
        {"scales": with_one(np.inf)},
        {"scales": np.zeros((5, 1), np.float32)},
        {"rotations": np.zeros((5, 3), np.float32)},
        {"rotations": with_one(np.nan, (5, 4))},
        {"normals": np.zeros((1, 3), np.float32)},
        {"more": np.zeros((5, 3), np.float32)},
    ],
)
def test_what_is_no_cloud_is_refused(changes):
    with pytest.raises(ProtocolError):
        check_cloud(cloud(**changes))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.float32),
        np.zeros((1, LONGEST_PICTURE + 1, 4), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(pixels):
    check_cutout({"pixels": np.zeros((4, 4, 4), np.uint8)})
    with pytest.raises(ProtocolError):
        check_cutout({"pixels": pixels})
    with pytest.raises(ProtocolError):
        check_cutout({})


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(ProtocolError):
        check_result("film", cloud())
