"""Each stage of Pocket Text on weights of which the answer is known, or on two ways to the same answer."""

from dataclasses import replace

import numpy as np
import pytest
import text_specimen as specimen
from maquette.backend.engines.pocket_text.blocks import Block
from maquette.backend.engines.pocket_text.flow import Flow, Texts
from maquette.backend.engines.pocket_text.network import PocketTextNetwork
from maquette.backend.engines.pocket_text.sampler import Settings, noise, schedule, walk
from maquette.backend.engines.pocket_text.sizes import Sizes
from maquette.backend.engines.pocket_text.words import Vocabulary
from maquette.backend.errors import BadWeights
from maquette.backend.network.layers import Run
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads


@pytest.fixture(params=[1, 3], ids=["1 thread", "3 threads"])
def run(request):
    return Run(blas.Blas("NumPy", Threads(request.param), blas._by_matmul), lambda fraction: None)


@pytest.fixture(scope="module")
def network():
    return specimen.network()


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_sizes_are_read_off_the_weights():
    assert Sizes.of(specimen.SIZES.shapes()) == specimen.SIZES
    assert len(specimen.SIZES.shapes()) == len(specimen.by_chance())


@pytest.mark.parametrize("prefix", ["decoder.wide.residuals", "flow.blocks"])
def test_more_layers_than_any_network_of_ours_are_refused(prefix):
    more = {f"{prefix}.{i}.first.weight": (1,) for i in range(70)}
    with pytest.raises(BadWeights, match="no network of Pocket Text"):
        Sizes.of(specimen.SIZES.shapes() | more)


@pytest.mark.parametrize("name", ["decoder.enter.weight", "flow.table", "flow.blocks.0.attention.scale"])
def test_another_networks_weights_are_refused(tmp_path, name):
    made = specimen.by_chance()
    strange = {
        "lacking": {key: value for key, value in made.items() if key != name},
        "other": made | {name: np.zeros((3, *made[name].shape[1:]), np.float32)},
        "more": made | {"flow.more": np.zeros(3, np.float32)},
    }
    for weights in strange.values():
        with pytest.raises(BadWeights):
            PocketTextNetwork.load(*specimen.write(tmp_path, weights))


def test_words_of_another_network_are_refused(tmp_path):
    for words in (Vocabulary(tuple(map(str, range(19))), 64), Vocabulary(("red",), 65)):
        with pytest.raises(BadWeights, match="another network"):
            PocketTextNetwork.load(*specimen.write(tmp_path, vocabulary=words))


def test_what_was_written_is_loaded(tmp_path, network):
    loaded = PocketTextNetwork.load(*specimen.write(tmp_path))
    assert loaded.sizes == specimen.SIZES and loaded.vocabulary == specimen.VOCABULARY
    assert loaded.settings == Settings(8, 3.0, 1.0, False)
    latents = normal(64, 4)
    for found, expected in zip(loaded.decode(latents), network.decode(latents), strict=True):
        assert 0 < np.sqrt(np.square(found - expected).mean()) < 0.03, "int8 rounds, and does nothing worse"


def test_the_decoder_keeps_places_and_colours():
    """Token (x, y, z), x slowest, becomes the cells around its own place, in the world's order."""
    sizes, weights = specimen.by_hand()
    sdf, rgb = PocketTextNetwork(weights, sizes, specimen.VOCABULARY).decode(specimen.blocks((0, 1, 3), (3, 0, 0)))
    assert sdf.shape == (64, 64, 64) and rgb.shape == (32, 32, 32, 3) and sdf.dtype == rgb.dtype == np.float32
    expected = np.zeros((64, 64, 64), bool)
    expected[0:16, 16:32, 48:64] = expected[48:64, 0:16, 0:16] = True
    assert np.array_equal(sdf > 0, expected)
    red, blue = rgb[2, 12, 28], rgb[28, 2, 2]
    assert red[0] > 0.8 and red[1:].max() < 0.1 and blue[2] > 0.8 and blue[:2].max() < 0.1


def test_finer_cells_lie_where_their_numbers_say():
    """The eight distances of a cell: x slowest."""
    sizes, weights = specimen.by_hand()
    weights["decoder.head.bias"][:8] = np.arange(8)
    sdf, _ = PocketTextNetwork(weights, sizes, specimen.VOCABULARY).decode(np.zeros((64, 4), np.float32))
    assert np.array_equal(sdf[:2, :2, :2].ravel(), np.arange(8)) and np.array_equal(sdf[:2, :2, :2], sdf[-2:, -2:, -2:])


def test_a_block_by_its_definition(run):
    rng = np.random.default_rng(4)
    d, head = 8, 4
    shapes = {"attention.qkv": (24, 8), "attention.out": (8, 8), "mlp.up": (32, 8), "mlp.down": (8, 32)}
    w = {f"b.{name}.weight": rng.standard_normal(shape).astype("f4") / 3 for name, shape in shapes.items()}
    w |= {f"b.{name}.bias": rng.standard_normal(shape[0]).astype("f4") for name, shape in shapes.items()}
    w["b.attention.scale"] = rng.standard_normal(head).astype("f4")
    modulation = rng.standard_normal((2, 6, d)).astype("f4")
    x = rng.standard_normal((10, d)).astype("f4")
    found = x.copy()
    Block(w, "b")(run, found, 2, None, modulation)
    expected = np.concatenate([plain_block(w, x[5 * g : 5 * g + 5].astype("f8"), head, modulation[g]) for g in (0, 1)])
    assert np.allclose(found, expected, atol=1e-4)


def plain_block(w, x, head, modulation):
    def norm(y):
        return (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)

    def layer(name, y):
        return y @ w[f"b.{name}.weight"].T + w[f"b.{name}.bias"]

    shift, scale, gate, shift2, scale2, gate2 = modulation
    q, k, v = layer("attention.qkv", norm(x) * (1 + scale) + shift).reshape(len(x), 3, -1, head).transpose(1, 2, 0, 3)
    scores = (norm(q) * w["b.attention.scale"]) @ norm(k).transpose(0, 2, 1) / np.sqrt(head)
    weights = np.exp(scores)
    weights /= weights.sum(-1, keepdims=True)
    x = x + gate * layer("attention.out", (weights @ v).transpose(1, 0, 2).reshape(len(x), -1))
    hidden = layer("mlp.up", norm(x) * (1 + scale2) + shift2)
    hidden *= 0.5 * (1 + np.vectorize(__import__("math").erf)(hidden / np.sqrt(2)))
    return x + gate2 * layer("mlp.down", hidden)


def test_texts_of_any_length_pass_side_by_side(run, network):
    """Filled up and masked, a text moves the latents as it does alone."""
    texts = [network.encode(text) for text in ("a red chair with two legs", "", "blue cube")]
    assert [len(text) for text in texts] == [6, 1, 3] and texts[0].dtype == np.float32
    flow, x = Flow(specimen.by_chance(), specimen.SIZES), normal(64, 4)
    together = flow(run, x, 0.3, Texts(texts))
    assert together.shape == (3, 64, 4)
    for text, found in zip(texts, together, strict=True):
        assert np.allclose(flow(run, x, 0.3, Texts([text]))[0], found, atol=1e-4)
    assert np.abs(together[0] - together[2]).max() > 0.01, "and what it says matters"


def test_time_and_strength_matter(run, network):
    flow, x, text = Flow(specimen.by_chance(), specimen.SIZES), normal(64, 4), Texts([network.encode("red")])
    one = flow(run, x, 0.3, text)
    assert np.abs(one - flow(run, x, 0.8, text)).max() > 0.01 < np.abs(one - flow(run, x, 0.3, text, 4.0)).max()


def test_guidance_goes_from_the_empty_text_through_the_text(run, network):
    x = normal(64, 4)

    def velocity(text, unwanted="", guidance=None):
        return network.guide(text, unwanted, guidance)(run)(x, 0.4)

    told, nothing = velocity("red chair", guidance=1), velocity("", guidance=1)
    assert np.allclose(velocity("red chair"), nothing + 3 * (told - nothing), atol=1e-4)
    unwanted = velocity("blue", guidance=1)
    found = velocity("red chair", "blue", 2)
    assert np.allclose(found, unwanted + 2 * (told - unwanted), atol=1e-4)


def test_a_distilled_network_guides_itself_but_heeds_what_is_unwanted(run, network):
    x, text = normal(64, 4), network.encode("red chair")
    other = specimen.network(specimen.by_chance() | {"settings": np.array([4, 3, 2, 1], np.float32)})
    assert other.settings == Settings(4, 3.0, 2.0, True)
    flow = Flow(specimen.by_chance(), specimen.SIZES)
    alone = other.guide("red chair")(run)(x, 0.4)
    assert np.allclose(alone, flow(run, x, 0.4, Texts([text]), 3.0)[0], atol=1e-5)
    both = flow(run, x, 0.4, Texts([text, network.encode("blue")]), 1.0)
    assert np.allclose(other.guide("red chair", "blue")(run)(x, 0.4), both[1] + 3 * (both[0] - both[1]), atol=1e-4)


def test_noise_is_the_same_everywhere():
    """Pinned: another platform or NumPy that gives other numbers would make another thing of the same seed."""
    assert np.allclose(noise(0, 2, 2).ravel(), PINNED, atol=1e-6)
    assert np.array_equal(noise(7, 64, 32), noise(7, 64, 32)) and not np.array_equal(noise(7, 4), noise(8, 4))
    many = noise(2**31 - 1, 64, 32, 8)
    assert many.dtype == np.float32 and abs(many.mean()) < 0.03 and abs(many.std() - 1) < 0.03
    assert noise(-1, 3).shape == (3,) and np.isfinite(noise(2**200, 5)).all(), "any whole number is a seed"


PINNED = [2.2844415, -1.5494508, 1.9245853, -0.66375184]


def test_times_run_from_noise_to_latents():
    assert schedule(4, 1.0) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    late = schedule(4, 3.0)
    assert late[0] == 0 and late[-1] == 1 and late == sorted(late) and late[2] == pytest.approx(2 / (2 + 3 * 2))


def test_walking_a_straight_flow_arrives_at_its_end():
    start, end = normal(64, 4), normal(64, 4, seed=1)
    seen = []
    found = walk(lambda x, t: end - start, start, schedule(5, 2.0), lambda step, ahead: seen.append((step, ahead)))
    assert np.allclose(found, end, atol=1e-5) and [step for step, _ in seen] == [1, 2, 3, 4, 5]
    assert all(np.allclose(ahead, end, atol=1e-5) for _, ahead in seen), "which was in sight from the first step on"


def test_a_curved_flow_is_followed_step_by_step():
    """x' = x from 1: Euler's (1 + 1/n)ⁿ."""
    found = walk(lambda x, t: x, np.ones((1, 1), np.float32), schedule(8, 1.0))
    assert found[0, 0] == pytest.approx((1 + 1 / 8) ** 8, rel=1e-5)


def test_stopping_between_chunks_ends_a_stage(network):
    class Stop(Exception):
        pass

    def stop(fraction):
        raise Stop

    with pytest.raises(Stop):
        network.decode(normal(64, 4), stop)
    assert replace(network.settings, steps=1).steps == 1
