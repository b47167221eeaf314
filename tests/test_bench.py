"""The benchmark holds what it says; nothing here depends on how fast this machine is."""

import json
import math
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from typer.testing import CliRunner

from cnncourse.bench import im2col, layers, machine, plot_layers, report, timing, ways
from cnncourse.bench.table import LAYERS, Layer
from cnncourse.cli import app

matplotlib.use("Agg")

TINY = {
    "small3": Layer("small3", 3, 4, 7, 5, 3, 1, 1),
    "small2": Layer("small2", 2, 3, 9, 6, 4, 2, 0),
}
MEASURED = Path(__file__).parents[1] / "book" / "measured" / "layers.json"
DIRECTIONS = ("forward", "backward")


@pytest.fixture
def tiny(monkeypatch):
    """Two layers that take no time, in place of the real ones."""
    monkeypatch.setattr("cnncourse.bench.layers.LAYERS", TINY)
    monkeypatch.setattr("cnncourse.bench.table.LAYERS", TINY)
    monkeypatch.setattr("cnncourse.bench.timing.READING", 1e-4)
    monkeypatch.setattr("cnncourse.bench.timing.PAUSE", 0)
    peak = {"numpy": 100.0, "torch": 90.0}
    monkeypatch.setattr("cnncourse.bench.machine.gemm_peak", lambda dtype: peak)
    monkeypatch.setattr("cnncourse.bench.machine.underestimated", lambda: None)


def measure(known, dtypes=("float64",)):
    """Measure the tiny layers in one thread."""
    return layers.measure(known, list(TINY), list(dtypes), repeats=2, threads=1)


def run(*arguments):
    """Call `cnncourse bench layers`."""
    return CliRunner().invoke(app, ["bench", "layers", *arguments])


def test_the_table_is_the_one_agreed():
    """A benchmark whose layers drift compares nothing; two sums of the table by hand."""
    assert len(LAYERS) == 20
    assert LAYERS["lenet2"].output_shape == (64, 16, 10, 10)
    assert LAYERS["lenet2"].macs == 64 * 16 * 10 * 10 * 6 * 5 * 5
    assert LAYERS["alex1"].output_shape == (8, 96, 55, 55)
    assert LAYERS["res7s2"].output_shape == (8, 64, 112, 112)


@pytest.mark.parametrize("layer", TINY.values(), ids=TINY)
def test_every_way_computes_the_same(layer):
    """Forward and backward; PyTorch comes first and is what the others are held to."""
    for direction in DIRECTIONS:
        results = [
            layers._as_arrays(layers._call(way, layer, "float64", direction)())
            for way in ways.ours()
        ]
        assert len(results) == 4
        for result in results[1:]:
            assert len(result) == (1 if direction == "forward" else 3)
            for ours, theirs in zip(result, results[0], strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_the_classic_columns_are_those_of_unfold():
    """The images vary fastest along the columns, the kernel's columns fastest down them."""
    x = np.arange(2 * 1 * 2 * 3.0).reshape(2, 1, 2, 3)

    columns = im2col.classic_columns(x, (2, 2), 1, 0)

    assert columns.tolist() == [[0, 6, 1, 7], [1, 7, 2, 8], [3, 9, 4, 10], [4, 10, 5, 11]]


def test_the_json_holds_what_the_tables_say(tiny, tmp_path):
    """Schema, machine, every way on every layer; ratios and shares follow from the seconds."""
    file = tmp_path / "layers.json"
    done = run("--json", "--repeats", "2", "--threads", "1", "--output", str(file))
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)

    assert result == json.loads(file.read_text(encoding="utf-8"))
    assert (result["schema"], result["threads"], result["repeats"]) == (1, 1, 2)
    assert result["machine"]["blas"][0]["internal_api"]
    assert [one["dtype"] for one in result["runs"]] == ["float32", "float64"]
    for one in result["runs"]:
        assert [entry["layer"] for entry in one["layers"]] == list(TINY)
        for direction, products in zip(DIRECTIONS, (1, 2), strict=True):
            for entry in one["layers"]:
                timed = entry[direction]
                assert set(timed["seconds"]) >= {"torch", "classic", "plain", "fast"}
                for name, seconds in timed["seconds"].items():
                    expected = seconds / timed["seconds"]["torch"]
                    assert timed["ratio"][name] == pytest.approx(expected)
                    work = 2 * products * TINY[entry["layer"]].macs
                    share = work / seconds / 100e9
                    assert timed["share_of_peak"][name] == pytest.approx(share)
            ratios = [entry[direction]["ratio"]["fast"] for entry in one["layers"]]
            mean = one["geometric_mean"][direction]["fast"]
            assert mean == pytest.approx(math.sqrt(ratios[0] * ratios[1]))


def test_the_tables_show_ratios_and_means(tiny):
    """A person reads the same numbers as a program."""
    done = run("--repeats", "1", "--dtype", "float32", "--shapes", "small3")

    assert done.exit_code == 0, done.output
    for words in ("forward, float32", "backward, float32", "small3", "mean", "BLAS: ", "peak"):
        assert words in done.stdout
    assert "small2" not in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shapes", "small3,vgg9"], "no layer vgg9; there are: small3, small2"),
        (["--dtype", "float16"], "no dtype float16; there are: float32, float64"),
    ],
)
def test_an_unknown_name_is_answered_with_those_there_are(tiny, options, said):
    """A typing mistake costs a second."""
    done = run(*options)

    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_way_that_errs_is_named_and_not_timed(tiny):
    """A wrong result in no time is no record; nor is an exception."""

    def raises(x, w, b, **options):
        raise ZeroDivisionError("no windows")

    known = [
        *ways.ours(),
        ways.Way("doubled", "doubled", lambda *a, **o: 2 * ways.ours()[3].forward(*a, **o)),
        ways.Way("raises", "raises", raises),
        ways.Way("narrow", "narrow", lambda x, w, b, **o: x),
        ways.Way("shy", "shy", raises, can_do=lambda layer: False),
    ]
    result = measure(known)

    timed = result["runs"][0]["layers"][0]["forward"]
    assert set(timed["seconds"]) == {"torch", "classic", "plain", "fast"}
    assert timed["problems"]["raises"] == "ZeroDivisionError: no windows"
    assert timed["problems"]["narrow"] == "the shape is (3, 4, 7, 7), not (3, 5, 7, 7)"
    assert timed["problems"]["doubled"].startswith("off by ")
    assert "small3, float64, forward: raises: ZeroDivisionError: no windows" in report.problems(
        result
    )


def test_a_mean_is_only_of_who_did_every_layer(tiny):
    """A way that skips what it is slow at must not look fast."""
    picky = ways.Way("picky", "picky", ways.ours()[3].forward, can_do=lambda layer: layer.N == 3)
    run = measure([*ways.ours(), picky])["runs"][0]

    assert "picky" in run["layers"][0]["forward"]["ratio"]
    assert "picky" not in run["geometric_mean"]["forward"]
    assert "fast" in run["geometric_mean"]["forward"]


def test_the_ladder_is_taken_from_a_notebook(tmp_path):
    """Imports, what is given and solutions are run; checks and plots are not."""
    import nbformat.v4 as nb

    def cell(source, cell_id, **grading):
        metadata = {"nbgrader": grading} if grading else {}
        return nb.new_code_cell(source, id=cell_id, metadata=metadata)

    path = tmp_path / "08_fast.ipynb"
    cells = [
        cell("import numpy as np", "imports"),
        cell("def given(x):\n    return np.abs(x)", "given", locked=True, grade=False),
        cell(
            "def conv2d_im2col(x, w, b=None, *, stride=1, padding=0):\n    return given(x)",
            "conv2d_im2col",
            solution=True,
            locked=False,
            grade=False,
        ),
        cell("raise SystemExit", "check", locked=True, grade=True, points=1),
        cell("raise SystemExit", "plot"),
    ]
    path.write_text(json.dumps(nb.new_notebook(cells=cells)), encoding="utf-8")

    (rung,) = ways.ladder(path)

    assert (rung.name, rung.backward) == ("conv2d_im2col", None)
    assert rung.forward(np.array([-2.0]), None).tolist() == [2.0]
    assert ways.ladder(tmp_path / "none.ipynb") == []


def test_winograd_is_asked_only_what_it_can():
    """3 x 3 at stride 1; and it takes no stride."""
    can_do = {name: can for name, _, can, _ in ways.RUNGS}
    adapt = {name: adapt for name, *_, adapt in ways.RUNGS}["winograd_conv2d"]

    assert can_do["winograd_conv2d"](LAYERS["vgg64"])
    assert not can_do["winograd_conv2d"](LAYERS["res3s2"])
    assert not can_do["conv2d_loops"](LAYERS["vgg512"])
    taken = adapt(lambda x, w, b, *, padding: padding)(1, 2, 3, stride=1, padding=4)
    assert taken == 4


def test_readings_are_taken_in_turn(monkeypatch):
    """A disturbance meets all; what takes long is read once, when it was first called."""
    monkeypatch.setattr(timing, "READING", 0)
    monkeypatch.setattr(timing, "PAUSE", 0)
    called = []
    calls = {name: lambda name=name: called.append(name) for name in "abc"}

    seconds = timing.interleaved(calls, {"a": 0.1, "b": 9.0, "c": 0.1}, repeats=2)

    # Once to count, then two rounds, each call woken by one that is not read.
    assert called == ["a", "c", *["a", "a", "c", "c"] * 2]
    assert (len(seconds["a"]), seconds["b"], len(seconds["c"])) == (2, [9.0], 2)


def test_ratios_by_hand():
    """Medians, and a mean in which half and double cancel out."""
    assert timing.median_ratio([1, 9, 2], [4, 4, 1]) == 0.5
    assert timing.geometric_mean([0.5, 2]) == pytest.approx(1)
    assert timing.geometric_mean([]) is None


def test_openblas_that_guesses_too_low_is_told(tmp_path, monkeypatch):
    """AVX-512 in the processor, kernels without it: say so, once."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Some Xeon\nflags\t\t: fpu avx2 avx512f\n")
    assert machine.has_avx512(cpuinfo)
    assert machine.processor(cpuinfo) == "Some Xeon"
    assert not machine.has_avx512(tmp_path / "none")

    chosen = [{"user_api": "blas", "internal_api": "openblas", "architecture": "Haswell"}]
    monkeypatch.delenv(machine.CORETYPE, raising=False)
    monkeypatch.setattr(machine, "has_avx512", lambda: True)
    monkeypatch.setattr(machine, "threadpool_info", lambda: chosen)
    assert machine.underestimated() == "Haswell"

    monkeypatch.setenv(machine.CORETYPE, machine.BEST)
    assert machine.underestimated() is None
    monkeypatch.delenv(machine.CORETYPE)
    chosen[0]["architecture"] = "SkylakeX"
    assert machine.underestimated() is None


def test_the_command_starts_again_unless_told_to_keep_the_guess(tiny, monkeypatch):
    """A fresh process, with the same arguments and one variable more."""
    started = []
    monkeypatch.setattr("cnncourse.bench.machine.underestimated", lambda: "Haswell")
    monkeypatch.setattr("os.execve", lambda *arguments: started.append(arguments))
    options = ["--repeats", "1", "--dtype", "float64", "--threads", "1", "--json"]

    assert run(*options, "--keep-guess").exit_code == 0
    assert started == []
    assert run(*options).exit_code == 0
    assert started[0][2][machine.CORETYPE] == machine.BEST


def test_the_picture_shows_every_layer_and_mean(tiny):
    """One row a layer, one panel a direction, and a dtype that is there."""
    result = measure(ways.ours())

    axes = plot_layers(result, dtype="float64")

    assert [label.get_text() for label in axes[0].get_yticklabels()] == list(TINY)
    mean = result["runs"][0]["geometric_mean"]["forward"]["fast"]
    assert f"{mean:.2f}" in axes[0].get_title()
    with pytest.raises(ValueError, match="no run in float32; there are: float64"):
        plot_layers(result)


@pytest.mark.skipif(not MEASURED.exists(), reason="nothing measured yet")
def test_the_committed_measurement_is_whole():
    """All layers, both dtypes, nothing wrong in it."""
    result = json.loads(MEASURED.read_text(encoding="utf-8"))

    assert result["schema"] == layers.SCHEMA
    assert [one["dtype"] for one in result["runs"]] == ["float32", "float64"]
    for one in result["runs"]:
        assert [entry["layer"] for entry in one["layers"]] == list(LAYERS)
        assert {"classic", "plain", "fast"} <= set(one["geometric_mean"]["backward"])
    assert report.problems(result) == []
