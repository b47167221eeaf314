"""Train networks: ``cnncourse train`` one of them, ``cnncourse capstone`` a whole notebook."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cnncourse.cli.base import app, console, refuse_unknown, stop
from cnncourse.cli.bench import bench


@app.command()
def train(
    network: Annotated[str, typer.Argument(help="Such as resnet20.")],
    dataset: Annotated[str, typer.Argument(help="Such as shapes32, which is built in.")],
    output: Annotated[Path, typer.Option(help="Folder for the record, the curves, the weights.")],
    epochs: Annotated[int, typer.Option(help="Passes over the training set.")] = 10,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 128,
    learning_rate: Annotated[float, typer.Option(help="Largest step size.")] = 0.05,
    momentum: Annotated[float, typer.Option(help="Share of the last step kept.")] = 0.9,
    weight_decay: Annotated[float, typer.Option(help="Pull towards 0.")] = 5e-4,
    optimizer: Annotated[str, typer.Option(help="sgd or adamw.")] = "sgd",
    schedule: Annotated[str, typer.Option(help="one-cycle, cosine, step, constant.")] = (
        "one-cycle"
    ),
    label_smoothing: Annotated[float, typer.Option(help="Share spread over all.")] = 0.0,
    ema: Annotated[float | None, typer.Option(help="Average the weights, 0.999 say.")] = None,
    patience: Annotated[int | None, typer.Option(help="Passes without progress.")] = None,
    precision: Annotated[str, typer.Option(help="float32, bfloat16 or auto.")] = "float32",
    compile_it: Annotated[bool, typer.Option("--compile", help="Compile it first.")] = False,
    augment: Annotated[
        list[str] | None, typer.Option(help="Such as crop or hflip; may be repeated.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Scale images to this side.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Fixes all chance.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu or cuda.")] = None,
):
    """Train a network on a dataset; run again, it goes on where it was broken off."""
    from cnncourse.training.command import FILES, train_into

    options = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "weight_decay": weight_decay,
        "optimizer": optimizer,
        "schedule": schedule,
        "label_smoothing": label_smoothing,
        "ema": ema,
        "patience": patience,
        "precision": precision,
        "compile": compile_it,
        "device": device,
    }
    try:
        history = train_into(
            output, network, dataset, size=size, augment=augment or [], seed=seed, **options
        )
    except (ValueError, OSError, FloatingPointError) as error:
        raise stop(str(error)) from None
    except KeyboardInterrupt:
        raise stop(f"broken off: the same command goes on from {output}") from None
    console.print(
        f"train: test accuracy {history.test_accuracy:.2%} after {len(history.epochs)} passes, "
        f"{history.record['seconds']:.0f} s; {', '.join(FILES)} in {output}",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def capstone(
    name: Annotated[str, typer.Argument(help="Such as c1_lenet, or c1.")],
    full: Annotated[
        bool | None,
        typer.Option("--full/--smoke", help="In earnest, or in a minute on what is built in."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="A file for the notebook with its outputs.")
    ] = None,
):
    """Run a capstone's notebook; run again, it goes on from its own checkpoints."""
    from cnncourse.training import capstone

    mode = None if full is None else "full" if full else "smoke"
    try:
        path = capstone.find(name)
        with console.status(path.stem) as status:
            capstone.run(
                path,
                mode=mode,
                output=output,
                told=lambda text: status.update(f"{path.stem}, {text}"),
                said=sys.stdout.write,
            )
    except (capstone.CapstoneError, OSError) as error:
        raise stop(str(error)) from None
    except KeyboardInterrupt:
        raise stop(f"broken off: run {path.stem} again, it goes on from its checkpoints") from None
    console.print(f"capstone: {output or path}", markup=False, soft_wrap=True)


@bench.command("training")
def bench_training(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table.")
    ] = False,
    networks: Annotated[str, typer.Option(help="Which, NAME,NAME; all by default.")] = "",
    repeats: Annotated[int, typer.Option(help="Rounds of readings.", min=1)] = 5,
    threads: Annotated[int, typer.Option(help="For PyTorch.", min=1)] = 2,
    scale: Annotated[float, typer.Option(help="Share of the images to train on.", min=0)] = 1.0,
    output: Annotated[Path | None, typer.Option(help="A file for the JSON, too.")] = None,
):
    """Time training against the usual loop: DataLoader, transforms an item, same network."""
    from cnncourse.bench import training

    names = networks.split(",") if networks else list(training.CASES)
    refuse_unknown(names, list(training.CASES), "network")
    with console.status("bench") as status:
        result = training.measure(
            names, repeats=repeats, threads=threads, progress=status.update, scale=scale
        )
    text = json.dumps(result, indent=1)
    if output:
        output.write_text(text + "\n", encoding="utf-8")
    if as_json:
        typer.echo(text)
    else:
        wide = Console(width=max(console.width, 112))  # a cut number is worse than a broken line
        for table in training.tables(result):
            wide.print(table)
