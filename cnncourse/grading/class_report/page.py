"""A class report as a page of its own and as tables; every plot has its numbers beside it."""

import io
import re
import statistics
from pathlib import Path

from markupsafe import Markup

from cnncourse.grading.exports.spreadsheet import write_csv
from cnncourse.grading.pages import environment
from cnncourse.grading.records import replace_file

NUM_BINS = 10
SLOWEST = 10  # submissions that are listed
TEXT, BAR = "#010203", "#040506"  # stand-ins: the page's own colours take their places


def write_report(report, folder):
    """Write a class report.

    Parameters
    ----------
    report : ClassReport
    folder : Path
        Gets ``report.html``, ``scores.csv``, ``exercises.csv`` and ``mistakes.csv``.

    Returns
    -------
    page : Path
    """
    folder = Path(folder)
    page = folder / "report.html"
    replace_file(page, to_html(report).encode("utf-8", "replace"))
    write_csv(folder / "scores.csv", *_scores(report))
    write_csv(folder / "exercises.csv", *_exercises(report))
    write_csv(folder / "mistakes.csv", *_mistakes(report))
    return page


def to_html(report):
    """Write a class report as a page that runs no script and fetches nothing.

    Parameters
    ----------
    report : ClassReport

    Returns
    -------
    html : str
    """
    scores = sorted(report.scores.values())
    bins = histogram(scores, report.possible)
    slowest = sorted(report.seconds.items(), key=lambda pair: -pair[1])[:SLOWEST]
    return (
        environment()
        .get_template("class_report.html")
        .render(
            report=report,
            bins=bins,
            figures=_summary(scores, report.possible),
            scores_plot=_plot(_draw_scores, bins, scores),
            lost_plot=_plot(_draw_lost, report.exercises),
            slowest=slowest,
            median_seconds=statistics.median(report.seconds.values()) if report.seconds else None,
            number=_number,
            span=_span,
        )
    )


def histogram(scores, possible):
    """Count scores in bins of equal width, from 0 to the points possible.

    Parameters
    ----------
    scores : list of float
    possible : float

    Returns
    -------
    bins : list of tuple
        Lower end, upper end, and how many; the upper end belongs to the last bin alone.

    Examples
    --------
    >>> histogram([0.0, 3.9, 4.0, 20.0], 20.0)[:3]
    [(0.0, 2.0, 1), (2.0, 4.0, 1), (4.0, 6.0, 1)]
    """
    width = (possible or 1.0) / NUM_BINS
    counts = [0] * NUM_BINS
    for score in scores:
        counts[min(int(score / width + 1e-9), NUM_BINS - 1)] += 1
    return [(i * width, (i + 1) * width, count) for i, count in enumerate(counts)]


def _summary(scores, possible):
    """The few figures that stand above everything else."""
    if not scores:
        return []
    quarters = statistics.quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else None
    found = [
        ("median", statistics.median(scores)),
        ("mean", statistics.fmean(scores)),
        ("lowest", scores[0]),
        ("highest", scores[-1]),
    ]
    if quarters:
        found.insert(1, ("lower quarter up to", quarters[0]))
        found.insert(2, ("upper quarter from", quarters[2]))
    full = sum(score >= possible for score in scores)
    return [*[(name, f"{_number(value)}") for name, value in found], ("full points", str(full))]


def _number(value):
    return f"{round(value, 2):g}"


def _span(seconds):
    """Write a time as a person would say it."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


def _plot(draw, *content):
    """Draw something as SVG that takes the page's colours; none if there is nothing to draw."""
    if not content[-1]:
        return None
    import matplotlib as mpl
    from matplotlib.figure import Figure

    colours = {
        f"{name}color": TEXT for name in ("text.", "axes.label", "axes.edge", "xtick.", "ytick.")
    }
    style = {**colours, "svg.fonttype": "none", "svg.hashsalt": "cnncourse", "font.size": 11}
    with mpl.rc_context(style):
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.patch.set_visible(False)
        draw(figure, axes, *content)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace(TEXT, "currentColor").replace(BAR, "var(--bar)")
    # The figure's text for a screen reader is its table: the drawing itself is decoration.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))


def _draw_scores(figure, axes, bins, scores):
    figure.set_size_inches(6.4, 2.9)
    lows, highs, counts = zip(*bins, strict=True)
    widths = [0.94 * (high - low) for low, high in zip(lows, highs, strict=True)]
    axes.bar(lows, counts, width=widths, align="edge", color=BAR)
    axes.axvline(statistics.median(scores), color=TEXT, linestyle="--", linewidth=1.2)
    axes.set(xlabel="points (dashed: the median)", ylabel="students", xlim=(0, highs[-1]))
    axes.set_xticks([*lows[::2], highs[-1]])
    axes.yaxis.get_major_locator().set_params(integer=True)


def _draw_lost(figure, axes, exercises):
    figure.set_size_inches(6.4, 0.7 + 0.34 * len(exercises))
    names = [line.name for line in exercises]
    axes.barh(names, [line.mean_lost for line in exercises], color=BAR, height=0.7)
    axes.invert_yaxis()
    axes.set(xlabel="points lost, mean of the class")


def _scores(report):
    """The table of all students, one row each, with or without a score."""
    header = ["student", "score", "possible", "raw", "penalty", "seconds_late", "state", "reason"]
    header += [line.name for line in report.exercises]
    rows = [
        [
            student,
            one.score,
            report.possible,
            one.raw,
            one.penalty,
            one.seconds_late,
            "to be judged by hand" if one.is_waiting else "graded",
            "; ".join(report.problems.get(student, ())),
            *[line.reached.get(student) for line in report.exercises],
        ]
        for student, one in report.submissions.items()
    ]
    empty = [None] * len(report.exercises)
    others = [(one.student, "not graded", one.reason) for one in report.not_graded]
    others += [(student, "waiting", "") for student in report.waiting]
    others += [(student, "no submission", "") for student in report.missing]
    rows += [
        [student, None, report.possible, None, None, None, state, reason, *empty]
        for student, state, reason in others
    ]
    return header, sorted(rows, key=lambda row: row[0])


def _exercises(report):
    header = ["exercise", "possible", "mean_lost", "students", "full_points", "not_written"]
    return header, [
        [
            line.name,
            line.possible,
            line.mean_lost,
            len(line.reached),
            line.num_full,
            len(line.not_written),
        ]
        for line in report.exercises
    ]


def _mistakes(report):
    header = ["exercise", "named", "mistake_or_summary", "students", "hint", "section", "cases"]
    named = [
        [line.exercise, "yes", line.mistake, len(line.students), line.hint, line.section, ""]
        for line in report.mistakes
    ]
    unnamed = [
        [
            line.exercise,
            "no",
            line.summary,
            len(line.students),
            "",
            "",
            "; ".join(sorted(line.claims)),
        ]
        for line in report.unnamed
    ]
    return header, named + unnamed
